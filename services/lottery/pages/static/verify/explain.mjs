// One application: its place, what was free at its turn for each wish, why it won or did not, and what came afterwards.

/** Collected on the way through a transcript; `found` stays false if the draw has no such entry. */
export class Explanation {
  found = false;
  outcome = null;
  looks = [];
  after = [];

  constructor(entry) {
    this.entry = entry;
  }

  /** Learns the entry's place; returns what rankedRounds tells of each look at a wish. */
  watching(rules, entries, order, struck) {
    const mine = entries.find(this.entry);
    if (mine < 0) return null;
    Object.assign(this, {
      found: true, place: order.numbers.indexOf(mine) + 1, of: entries.count, seats: entries.seats(mine),
      isStruck: struck.has(mine),
    });
    return (number, round, slot, free, what) => {
      if (number === mine) this.looks.push({ round, slot: rules.slots[slot].slot, free, what });
    };
  }

  /** Its result line; then each change, revocation and promotion that names it, with its line's number. */
  heard(record, line) {
    if (record.entry !== this.entry) return;
    if (record.type === "result") this.outcome = record.outcome;
    else this.after.push({ line, record });
  }
}
