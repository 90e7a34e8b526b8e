// Signatures at the edges of Ed25519, made with the vendored curve and judged by the check in the browser: a JSON list
// of [what, key, message, signature, is a good key, is signed].
import { bytesOfHex, hexOf } from "../../../services/lottery/pages/static/verify/bytes.mjs";
import { isGoodKey, isSigned } from "../../../services/lottery/pages/static/verify/signatures.mjs";
import { ed25519, sha512 } from "../../../services/lottery/pages/static/verify/vendor/noble.mjs";

const { BASE, Fn } = ed25519.Point;
const MESSAGE = "kujibiki";
const SECRET = 0x1234567890abcdefn;
// The eight points of small order, canonical, and encodings of them that are not.
const SMALL = [
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0000000000000000000000000000000000000000000000000000000000000080",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
];
const NOT_CANONICAL = [
  "0100000000000000000000000000000000000000000000000000000000000080",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "0200000000000000000000000000000000000000000000000000000000000000",
];

function littleEndian(bytes) {
  return [...bytes].reverse().reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
}

function bytesOf(number) {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((number >> BigInt(8 * i)) & 255n));
}

/** Signed with that key point and that R, S moved by so many orders. */
function signature(key, r, orders = 0n) {
  const message = new TextEncoder().encode(MESSAGE);
  const hash = sha512.create().update(r.toBytes()).update(key.toBytes()).update(message).digest();
  const s = Fn.create(7n + littleEndian(hash) * SECRET) + orders * Fn.ORDER;
  return hexOf(r.toBytes()) + hexOf(bytesOf(s));
}

const key = BASE.multiply(SECRET);
const r = BASE.multiply(7n);
const torsion = ed25519.Point.fromBytes(bytesOfHex(SMALL[4]), false);
const good = signature(key, r);
const cases = [
  ["right", hexOf(key.toBytes()), good],
  ["S not reduced", hexOf(key.toBytes()), signature(key, r, 1n)],
  ["S zero", hexOf(key.toBytes()), good.slice(0, 64) + "0".repeat(64)],
  ["R with torsion: right with cofactor only", hexOf(key.toBytes()), signature(key, r.add(torsion))],
  ["key with torsion: right with cofactor only", hexOf(key.add(torsion).toBytes()), signature(key.add(torsion), r)],
  ...[...SMALL, ...NOT_CANONICAL].flatMap((encoding) => [
    [`key ${encoding}`, encoding, good],
    [`key and R ${encoding}`, encoding, encoding + "0".repeat(64)],
    [`R ${encoding}`, hexOf(key.toBytes()), encoding + good.slice(64)],
  ]),
];
// Where k is a multiple of eight the torsion of the key vanishes: a rare key that signs without cofactor.
for (let more = 1n; more < 200n; more++) {
  const other = BASE.multiply(SECRET).add(torsion);
  const nonce = BASE.multiply(more);
  const hash = sha512.create().update(nonce.toBytes()).update(other.toBytes()).update(new TextEncoder().encode(MESSAGE)).digest();
  const k = Fn.create(littleEndian(hash));
  if (k % 8n) continue;
  cases.push(["key with torsion, k a multiple of 8", hexOf(other.toBytes()), hexOf(nonce.toBytes()) + hexOf(bytesOf(Fn.create(more + k * SECRET)))]);
  break;
}
console.log(JSON.stringify(cases.map(([what, publicKey, signed]) =>
  [what, publicKey, MESSAGE, signed, isGoodKey(publicKey), isSigned(publicKey, MESSAGE, signed)])));
