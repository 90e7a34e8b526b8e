// Signatures of the witnesses (Ed25519) and of drand (BLS12-381). The vendored library does the arithmetic on the curves;
// what counts as signed is decided here, because its own Ed25519 check multiplies by the cofactor and the protocol does not.
import { bytesOfHex, bytesOfText, compareRuns, digestOf } from "./bytes.mjs";
import { bls12_381, ed25519, sha256, sha512 } from "./vendor/noble.mjs";

const Point = ed25519.Point;
const ORDER = Point.Fn.ORDER;
const DOMAIN = "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_";
const QUICKNET_KEY =
  "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d106451" +
  "0d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a";

/** The only chain of drand that the protocol knows. */
export const QUICKNET = "drand:52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971";
const GENESIS = 1692803367;
const PERIOD = 3;

/** When quicknet signs that round, in seconds of 1970. */
export function timeOfRound(round) {
  return GENESIS + (round - 1) * PERIOD;
}

// The same key is asked about once for the rules and again for each of its signatures; a batch of files repeats itself.
// A question is short, whatever was signed, and the oldest is forgotten, so that no file can make this grow.
const remembered = new Map();
const MOST_REMEMBERED = 4096;

function once(question, answer) {
  const known = remembered.get(question);
  if (known !== undefined) return known;
  if (remembered.size === MOST_REMEMBERED) remembered.delete(remembered.keys().next().value);
  const isTrue = answer();
  remembered.set(question, isTrue);
  return isTrue;
}

function trueOrNot(check) {
  try {
    return check();
  } catch {
    return false; // the library throws on encodings that stand for no point
  }
}

/** Whether 64 hex digits are the canonical encoding of a point on the curve that is not of small order. */
export function isGoodKey(key) {
  return once(key, () => trueOrNot(() => !Point.fromBytes(bytesOfHex(key), false).isSmallOrder()));
}

/** RFC 8032 §5.1.7 without cofactor: S is reduced, and [S]B − [k]A is encoded as exactly the R of the signature. */
export function isSigned(key, message, signature) {
  const signed = bytesOfText(message);
  return once(`${key} ${signature} ${digestOf(signed)}`, () => trueOrNot(() => {
    const [secret, r] = [bytesOfHex(signature).subarray(32), bytesOfHex(signature).subarray(0, 32)];
    const s = littleEndian(secret);
    if (s >= ORDER || !isGoodKey(key)) return false;
    const publicKey = bytesOfHex(key);
    const hash = sha512.create().update(r).update(publicKey).update(signed).digest();
    const k = littleEndian(hash) % ORDER;
    const expected = times(Point.BASE, s).subtract(times(Point.fromBytes(publicKey, false), k)).toBytes();
    return compareRuns(expected, 0, r, 0, 32) === 0;
  }));
}

function times(point, factor) {
  return factor === 0n ? Point.ZERO : point.multiplyUnsafe(factor);
}

function littleEndian(bytes) {
  let number = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) number = number * 256n + BigInt(bytes[i]);
  return number;
}

/** Whether drand's quicknet signed that round (scheme bls-unchained-g1-rfc9380). */
export function isDrand(round, signature) {
  return once(`${round} ${signature}`, () => trueOrNot(() => {
    const scheme = bls12_381.shortSignatures;
    const point = bls12_381.G1.Point.fromBytes(bytesOfHex(signature));
    if (point.is0() || !point.isTorsionFree()) return false;
    const message = scheme.hash(sha256(eightBytes(round)), DOMAIN);
    return scheme.verify(point, message, bls12_381.G2.Point.fromBytes(bytesOfHex(QUICKNET_KEY)));
  }));
}

function eightBytes(number) {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(number));
  return bytes;
}
