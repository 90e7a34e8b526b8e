// A whole check, from a stream of bytes to a verdict; what page, worker and command line share.
import { demand, Fault, Unreadable } from "./fault.mjs";
import { chunksOf, Lines } from "./lines.mjs";
import { compareProof, readProof } from "./proof.mjs";
import { Transcript } from "./transcript.mjs";

const KEPT = { announcement: "receipt", root: "frozen", closed: "closing" };

/**
 * Checks a transcript, a proof file, or both. `stream`: a ReadableStream of bytes or null; `proof`: bytes or null;
 * `kept` and `entry` as in Transcript; `progress(bytes, lines)` hears how far it is; `publicPart` also takes the public
 * part of a draw without a proof, and checks what that holds.
 *
 * Returns `{verdict: "true", scope, figures, unknown, explanation, proof}`, where `scope` says what was checked, the
 * "whole" record, its "public" part or a "proof" alone, and `unknown` names what no file can tell, or
 * `{verdict: "refused", line, what}`, or `{verdict: "unreadable", what}`. Throws only what is a mistake of ours.
 */
export async function check({ stream = null, proof = null, kept = {}, entry = null, publicPart = false, progress = () => undefined }) {
  try {
    if (!stream) demandNoRecordNeeded(kept, entry);
    const proven = proof && readProof(proof);
    if (!stream) return aloneVerdict(proven, kept);
    const transcript = new Transcript({ kept, entry, publicPart: publicPart || proven !== null });
    await walk(stream, transcript, progress);
    return verdictOn(transcript, kept, entry, proven);
  } catch (error) {
    if (error instanceof Fault) return { verdict: "refused", line: error.line, what: error.message };
    if (error instanceof Unreadable) return { verdict: "unreadable", what: error.message };
    throw error;
  }
}

async function walk(stream, transcript, progress) {
  const lines = new Lines((line) => transcript.take(line));
  let bytes = 0;
  for await (const chunk of chunksOf(stream)) {
    lines.push(chunk);
    bytes += chunk.length;
    progress(bytes, lines.count);
  }
  lines.end();
  transcript.end();
}

function verdictOn(transcript, kept, entry, proven) {
  const { figures, explanation, isPartial } = transcript;
  if (entry !== null && !explanation.found) throw new Fault(`entry ${entry} is not in this draw`);
  if (proven) compareProof(proven, transcript);
  const unknown = Object.entries(KEPT).filter(([name]) => !kept[name]).map(([, code]) => code);
  return {
    verdict: "true", scope: isPartial ? "public" : "whole", figures, explanation, proof: proven, draw: transcript.rules.draw,
    unknown: [...(isPartial ? ["whole"] : []), ...unknown, "invented"],
  };
}

function demandNoRecordNeeded({ announcement, closed }, entry) {
  if (!announcement && !closed && entry === null) return;
  throw new Unreadable("announcement, closing digest and entry are compared with the record of the draw: choose it too");
}

function aloneVerdict(proven, { root }) {
  demand(!root || root === proven.entry.root, () => `the root of the proof is ${proven.entry.root}, not the one you kept`);
  const figures = { proofEntry: proven.entry.root, proofResult: proven.result.root };
  return { verdict: "true", scope: "proof", figures, explanation: null, proof: proven, draw: null, unknown: ["roots"] };
}
