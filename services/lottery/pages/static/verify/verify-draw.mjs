// Checks a draw (kujibiki-draw/1) by computing it again, on the command line: node verify-draw.mjs transcript.jsonl
import { createReadStream, readFileSync } from "node:fs";
import { stdin, stdout } from "node:process";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { parseArgs } from "node:util";
import { check } from "./check.mjs";
import { EXIT, said } from "./words.mjs";

const USAGE = `usage: node verify-draw.mjs [transcript] [--announcement HEX] [--root HEX] [--closed HEX] [--entry ID] [--proof FILE]
Checks a draw (kujibiki-draw/1) by computing it again. Exit 0: true, 1: refused with the first fault and its line,
2: could not be read. The transcript is plain or .gz; - is standard input.
--batch: a JSON object with such arguments (transcript, announcement, …) in each line of standard input, and a verdict
as JSON for each; "base64" may hold the transcript itself.
`;
const HEX = { announcement: 64, root: 64, closed: 64, entry: 32 };
const OPTIONS = Object.fromEntries([...Object.keys(HEX), "proof"].map((name) => [name, { type: "string" }]));

class Misused extends Error {}

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true, options: { ...OPTIONS, help: { type: "boolean", short: "h" }, batch: { type: "boolean" } },
    });
    if (positionals.length > 1) throw new Misused("one transcript at a time");
    return { ...values, transcript: positionals[0] };
  } catch (error) {
    throw new Misused(error.message);
  }
}

/** One check as the arguments say it. */
async function checked({ transcript, base64, proof, entry, ...digests }) {
  if (transcript === undefined && base64 === undefined && !proof) throw new Misused("give a transcript, a proof, or both");
  const [kept, mine] = [Object.entries(digests).map(([name, text]) => [name, hex(name, text)]), entry && hex("entry", entry)];
  try {
    const proofBytes = proof ? readFileSync(proof) : null;
    const source = base64 === undefined ? transcript && opened(transcript) : [Buffer.from(base64, "base64")];
    const stream = source ? Readable.toWeb(Readable.from(source)) : null;
    return await check({ stream, proof: proofBytes, kept: Object.fromEntries(kept), entry: mine ?? null });
  } catch (error) {
    if (error.code === undefined) throw error;
    return { verdict: "unreadable", what: error.message };
  }
}

function opened(transcript) {
  return transcript === "-" ? stdin : createReadStream(transcript);
}

function hex(name, text) {
  const digits = text.replaceAll(/[\s-]/g, "").toLowerCase();
  if (digits.length !== HEX[name] || /[^0-9a-f]/.test(digits)) throw new Misused(`--${name} takes ${HEX[name]} hex digits`);
  return digits;
}

async function batch() {
  for await (const line of createInterface({ input: stdin })) stdout.write(`${JSON.stringify(await checked(JSON.parse(line)))}\n`);
  return 0;
}

async function main() {
  const { help, batch: isBatch, ...one } = readArguments();
  if (help) {
    stdout.write(USAGE);
    return 0;
  }
  if (isBatch) return batch();
  const verdict = await checked(one);
  stdout.write(`${said(verdict).join("\n")}\n`);
  return EXIT[verdict.verdict];
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof Misused)) throw error;
  process.stderr.write(`${error.message}\n${USAGE}`);
  process.exitCode = 2;
}
