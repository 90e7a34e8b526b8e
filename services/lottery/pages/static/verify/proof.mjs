// The proof file of a receipt page: that two lines, an entry and its result, stand under the public roots.
import { canonicalBytes, parse } from "./canonical.mjs";
import { demand } from "./fault.mjs";
import { ticketOf } from "./mechanism.mjs";
import { rootByPath } from "./merkle.mjs";
import { demandProof, demandRecord } from "./shapes.mjs";

/** The two parts of a proof file, checked each in itself. Refuses with a Fault. */
export function readProof(bytes) {
  const proof = parse(bytes.at(-1) === 10 ? bytes.subarray(0, -1) : bytes);
  demandProof(proof);
  for (const type of ["entry", "result"]) {
    const { line, index, count, path, root } = proof[type];
    demandRecord(line, type);
    demand(index < count, `the ${type} of the proof is beyond its count`);
    demand(rootByPath(canonicalBytes(line), index, count, path) === root, `the ${type} of the proof is not under its root`);
  }
  const { entry, result } = proof;
  demand(entry.line.entry === result.line.entry, "the two lines of the proof name different entries");
  demand(entry.count === result.count && result.line.place === result.index + 1, "the place of the result is not its own");
  demand(result.line.won.every((slot) => entry.line.wishes.includes(slot)), "the result of the proof won what was not wished");
  demand((result.line.outcome === "won") === result.line.won.length > 0, "the outcome of the proof is not that of its wins");
  return proof;
}

/** Compares a proof with the public roots of a transcript that was found right. */
export function compareProof({ entry, result }, transcript) {
  demand(entry.root === transcript.figures.root, "the entry of the proof is under another root than the frozen one");
  demand(result.root === transcript.figures.outcome, "the result of the proof is under another root than the outcome's");
  demand(entry.count === transcript.figures.entries, "the proof counts other entries than the freeze");
  demand(result.line.ticket === ticketOf(transcript.figures.seed, entry.line.entry), "the ticket of the proof is not that of the seed");
}
