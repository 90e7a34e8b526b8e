// The Merkle tree of RFC 9162 §2.1: root over leaves that come one by one, and inclusion proofs.
import { bytesOfHex, hexOf } from "./bytes.mjs";
import { demand } from "./fault.mjs";
import { sha256 } from "./vendor/noble.mjs";

/** The hash of one leaf. */
export function leafHash(line) {
  return sha256.create().update(Uint8Array.of(0)).update(line).digest();
}

function nodeHash(left, right) {
  return sha256.create().update(Uint8Array.of(1)).update(left).update(right).digest();
}

/** Takes leaves in order; keeps one hash for each whole subtree, as many as the binary digits of the count. */
export class MerkleRoot {
  #whole = [];
  #count = 0;

  add(line) {
    let hash = leafHash(line);
    for (let count = this.#count; count % 2 === 1; count = Math.floor(count / 2)) hash = nodeHash(this.#whole.pop(), hash);
    this.#whole.push(hash);
    this.#count++;
  }

  /** The root in hex; of no leaves, the hash of nothing. */
  hex() {
    if (!this.#whole.length) return hexOf(sha256(new Uint8Array(0)));
    return hexOf(this.#whole.reduceRight((right, left) => nodeHash(left, right)));
  }
}

/** RFC 9162 §2.1.3.2: the root that leaf, place and path lead to; refuses a path that is too long or too short. */
export function rootByPath(line, index, count, path) {
  let place = index;
  let last = count - 1;
  let hash = leafHash(line);
  for (const step of path.map(bytesOfHex)) {
    demand(last > 0, "the path of the proof is too long");
    if (place % 2 === 1 || place === last) {
      hash = nodeHash(step, hash);
      while (place % 2 === 0 && place !== 0) [place, last] = [place / 2, Math.floor(last / 2)];
    } else {
      hash = nodeHash(hash, step);
    }
    [place, last] = [Math.floor(place / 2), Math.floor(last / 2)];
  }
  demand(last === 0, "the path of the proof is too short");
  return hexOf(hash);
}
