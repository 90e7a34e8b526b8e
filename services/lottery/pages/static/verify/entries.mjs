// The frozen entries in columns: 16 bytes of name, a party size and wishes each, whatever their number.
import { bytesOfHex, Column, compareRuns, hexOf } from "./bytes.mjs";
import { demand } from "./fault.mjs";

const WIDTH = 16;

/** Entries in ascending order of their names; one is known by its number, from 0. */
export class Entries {
  #names = new Column(Uint8Array);
  #seats = new Column(Float64Array);
  #starts = new Column(Uint32Array);
  #wishes = new Column(Uint16Array);

  constructor() {
    this.#starts.push(0);
  }

  get count() {
    return this.#seats.length;
  }

  /** How many wishes all have together: the length of a column with a place for each wish. */
  get wishCount() {
    return this.#wishes.length;
  }

  add(name, seats, slots) {
    this.#names.pushAll(bytesOfHex(name));
    this.#seats.push(seats);
    this.#wishes.pushAll(slots);
    this.#starts.push(this.#wishes.length);
    const last = this.count - 1;
    demand(last === 0 || this.#compare(last - 1, last) < 0, "the entries do not ascend, or one stands twice");
  }

  #compare(one, other) {
    return compareRuns(this.#names.values, one * WIDTH, this.#names.values, other * WIDTH, WIDTH);
  }

  name(number) {
    return hexOf(this.#names.values.subarray(number * WIDTH, (number + 1) * WIDTH));
  }

  seats(number) {
    return this.#seats.values[number];
  }

  /** Where the wishes of an entry begin in a column of all wishes, and where they end. */
  first(number) {
    return this.#starts.values[number];
  }

  beyond(number) {
    return this.#starts.values[number + 1];
  }

  /** The slot wished at a place of that column. */
  slotAt(wish) {
    return this.#wishes.values[wish];
  }

  /** The place of an entry's wish for a slot, or -1. */
  wishFor(number, slot) {
    for (let wish = this.first(number); wish < this.beyond(number); wish++) if (this.slotAt(wish) === slot) return wish;
    return -1;
  }

  /** The number of an entry by its name, or -1. */
  find(name) {
    const wanted = bytesOfHex(name);
    let [low, high] = [0, this.count - 1];
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const order = compareRuns(this.#names.values, middle * WIDTH, wanted, 0, WIDTH);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  /** The number of an entry that must be there. */
  number(name) {
    const number = this.find(name);
    demand(number >= 0, () => `${name} is not an entry of this draw`);
    return number;
  }
}
