// Bytes and their lower-case hex, digests, and columns that grow: what a million entries fit into.
import { sha256 } from "./vendor/noble.mjs";

const ENCODER = new TextEncoder();
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** The bytes of a text in UTF-8. */
export function bytesOfText(text) {
  return ENCODER.encode(text);
}

/** The bytes that a text of hex digits stands for. */
export function bytesOfHex(hex) {
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** Lower-case hex. */
export function hexOf(bytes) {
  let hex = "";
  for (const byte of bytes) hex += HEX[byte];
  return hex;
}

/** SHA-256 in lower-case hex. */
export function digestOf(bytes) {
  return hexOf(sha256(bytes));
}

/** -1, 0 or 1, byte by byte, of two runs of the same width in two arrays. */
export function compareRuns(left, at, right, other, width) {
  for (let i = 0; i < width; i++) {
    if (left[at + i] !== right[other + i]) return left[at + i] < right[other + i] ? -1 : 1;
  }
  return 0;
}

/** A typed array that grows by doubling; `values` may be longer than what is used (`length`). */
export class Column {
  constructor(kind) {
    this.values = new kind(1024);
    this.length = 0;
  }

  push(value) {
    if (this.length === this.values.length) this.#double();
    this.values[this.length++] = value;
  }

  pushAll(values) {
    while (this.length + values.length > this.values.length) this.#double();
    this.values.set(values, this.length);
    this.length += values.length;
  }

  #double() {
    const larger = new this.values.constructor(this.values.length * 2);
    larger.set(this.values);
    this.values = larger;
  }
}
