// What happens after the draw, day by day: seats given up, cut, added or granted; then revocations, then promotions.
import { demand } from "./fault.mjs";
import { dayNumber } from "./times.mjs";

/** How many seats each slot has, and how many its reserve: by adjustments before the draw and changes after it. */
export class Seats {
  constructor(rules) {
    this.rules = rules;
    this.capacity = rules.slots.map((slot) => slot.seats);
    this.reserve = rules.slots.map((slot) => slot.reserve);
  }

  /** Adds (or takes away) seats; returns the slot's index. */
  add({ slot, seats }) {
    const index = this.rules.slot(slot);
    const sum = this.capacity[index] + seats;
    demand(sum >= 0, `would leave less than no seat in ${slot}`);
    demand(Number.isSafeInteger(sum), `would make more seats in ${slot} than can be counted`);
    this.capacity[index] = sum;
    return index;
  }

  grant({ slot, seats }) {
    const index = this.rules.slot(slot);
    demand(seats <= this.reserve[index], `grants more than the reserve of ${slot}`);
    this.reserve[index] -= seats;
  }
}

/** Who holds what after the draw. `free` is by slot, below zero while a cut waits for the day's revocations. */
export class Holdings {
  #rules;
  #entries;
  #order;
  #struck;
  #seats;
  #free;
  #held;
  #holds;
  #gaveUp;
  #wishers = null;
  #touched = new Set();
  #revokedToday = new Set();
  #open = false;
  #day = null;
  #lastAt = "";

  /** `won` is the column that rankedRounds made, `free` what it left. */
  constructor({ rules, entries, order, struck, seats, free, won }) {
    [this.#rules, this.#entries, this.#order, this.#struck] = [rules, entries, order, struck];
    [this.#seats, this.#free] = [seats, free];
    this.#held = Uint8Array.from(won, (round) => (round ? 1 : 0));
    this.#holds = new Uint16Array(entries.count);
    this.#gaveUp = new Uint8Array(entries.count);
    for (let number = 0; number < entries.count; number++) {
      for (const wish of this.#wishes(number)) this.#holds[number] += this.#held[wish];
    }
  }

  *#wishes(number) {
    for (let wish = this.#entries.first(number); wish < this.#entries.beyond(number); wish++) yield wish;
  }

  /** Whether a change at that time belongs to the day that is open. */
  isSameDay(at) {
    return this.#open && dayNumber(at, this.#rules.utc_offset) === this.#day;
  }

  /** Takes a change of the open day, or opens a new one with it; refuses what can't be. */
  take(change) {
    const day = dayNumber(change.at, this.#rules.utc_offset);
    demand(this.#open || day !== this.#day, "is a change of a day whose revocations and promotions were settled");
    [this.#day, this.#lastAt, this.#open] = [day, change.at, true];
    if (change.kind === "seats") this.#reseat(change);
    else if (change.kind === "granted") this.#seats.grant(change);
    else this.#giveUp(change);
  }

  #reseat(change) {
    const index = this.#seats.add(change);
    this.#free[index] += change.seats;
    this.#touched.add(index);
  }

  #giveUp({ entry, slot }) {
    const number = this.#entries.number(entry);
    demand(!this.#struck.has(number), "concerns a struck entry");
    if (this.#holds[number] === 0) {
      demand(slot === null && this.#waits(number), "gives up what the entry does not hold");
    } else {
      for (const wish of this.#givenUp(number, slot)) this.#release(number, wish);
    }
    this.#gaveUp[number] = 1;
  }

  #givenUp(number, slot) {
    const held = [...this.#wishes(number)].filter((wish) => this.#held[wish]);
    if (slot === null) return held;
    const index = this.#rules.slot(slot);
    const chosen = held.filter((wish) => this.#entries.slotAt(wish) === index);
    demand(chosen.length, "gives up a slot that the entry does not hold");
    return chosen;
  }

  #release(number, wish) {
    const slot = this.#entries.slotAt(wish);
    this.#held[wish] = 0;
    this.#holds[number]--;
    this.#free[slot] += this.#entries.seats(number);
    this.#touched.add(slot);
  }

  #waits(number) {
    return this.#holds[number] === 0 && !this.#gaveUp[number] && !this.#struck.has(number);
  }

  /** Ends the open day: yields, in order, the records that must stand next. */
  *settle() {
    if (!this.#open) return;
    this.#open = false;
    this.#revokedToday.clear();
    for (const slot of this.#rules.slots.keys()) if (this.#free[slot] < 0) yield* this.#revoke(slot);
    if (this.#rules.waiting_list && this.#lastAt <= this.#rules.timetable.promote_until) {
      const all = this.#revokedToday.size > 0;
      for (const slot of this.#rules.slots.keys()) if (all || this.#touched.has(slot)) yield* this.#promote(slot);
    }
    this.#touched.clear();
  }

  *#revoke(slot) {
    const [wishes, numbers] = this.#wishersOf(slot);
    for (let turn = wishes.length - 1; turn >= 0 && this.#free[slot] < 0; turn--) {
      if (!this.#held[wishes[turn]]) continue;
      this.#release(numbers[turn], wishes[turn]);
      this.#revokedToday.add(wishes[turn]);
      yield this.#record("revoked", numbers[turn], slot);
    }
  }

  *#promote(slot) {
    const [wishes, numbers] = this.#wishersOf(slot);
    for (let turn = 0; turn < wishes.length && this.#free[slot] > 0; turn++) {
      const [wish, number] = [wishes[turn], numbers[turn]];
      const fits = this.#entries.seats(number) <= this.#free[slot];
      if (!fits || !this.#waits(number) || this.#revokedToday.has(wish)) continue;
      this.#held[wish] = 1;
      this.#holds[number]++;
      this.#free[slot] -= this.#entries.seats(number);
      yield this.#record("promotion", number, slot);
    }
  }

  #record(type, number, slot) {
    return { type, entry: this.#entries.name(number), slot: this.#rules.slots[slot].slot };
  }

  /** All who wished a slot, in the order of the draw: the places of their wishes, and their numbers. */
  #wishersOf(slot) {
    this.#wishers ??= this.#allWishers();
    const [starts, wishes, numbers] = this.#wishers;
    return [wishes.subarray(starts[slot], starts[slot + 1]), numbers.subarray(starts[slot], starts[slot + 1])];
  }

  #allWishers() {
    const starts = new Uint32Array(this.#rules.slots.length + 1);
    for (let wish = 0; wish < this.#entries.wishCount; wish++) starts[this.#entries.slotAt(wish) + 1]++;
    for (let slot = 1; slot < starts.length; slot++) starts[slot] += starts[slot - 1];
    const next = starts.slice();
    const wishes = new Uint32Array(this.#entries.wishCount);
    const numbers = new Uint32Array(this.#entries.wishCount);
    for (const number of this.#order.numbers) {
      for (const wish of this.#wishes(number)) {
        const at = next[this.#entries.slotAt(wish)]++;
        [wishes[at], numbers[at]] = [wish, number];
      }
    }
    return [starts, wishes, numbers];
  }
}
