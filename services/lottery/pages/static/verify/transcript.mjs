// The walk through a transcript: each line is held against the rules and all lines before it, in the order of the protocol.
import { hexOf } from "./bytes.mjs";
import { canonicalText, parse } from "./canonical.mjs";
import { Holdings, Seats } from "./changes.mjs";
import { checkBeacon, checkClosing, closingDigest, commitmentOf, demandAscending, seedOf } from "./closing.mjs";
import { Entries } from "./entries.mjs";
import { Explanation } from "./explain.mjs";
import { demand, Fault, Unreadable } from "./fault.mjs";
import { demandNoEnvy, Order, rankedRounds, slotsWon } from "./mechanism.mjs";
import { MerkleRoot } from "./merkle.mjs";
import { Rules } from "./rules.mjs";
import { demandRecord } from "./shapes.mjs";
import { sha256 } from "./vendor/noble.mjs";

const FEED = Uint8Array.of(10);

/**
 * Takes the lines of a transcript one by one and refuses the first that is not right, with a Fault that has its number.
 * `kept` holds what the reader kept: `announcement`, `root`, `closed`, each hex or absent. `entry` names an application
 * to be explained. `publicPart`: entries and results may be absent where the draw is published by digest.
 */
export class Transcript {
  #kept;
  #publicPart;
  #steps;
  #hash = sha256.create();
  #line = null;
  #record;
  #ended = false;
  count = 0;
  figures = {};
  isPartial = false;

  constructor({ kept = {}, entry = null, publicPart = false } = {}) {
    this.#kept = kept;
    this.#publicPart = publicPart;
    this.explanation = entry === null ? null : new Explanation(entry);
    this.#steps = this.#walk();
  }

  /** One line without its line feed. */
  take(line) {
    if (this.#line) this.#hash.update(this.#line).update(FEED);
    this.count++;
    this.#line = line;
    this.#step(() => parse(line));
  }

  /** After the last line. */
  end() {
    if (this.count === 0) throw new Unreadable("the file is empty");
    if (this.#ended) return;
    this.count++;
    this.#step(() => undefined);
  }

  #step(read) {
    try {
      demand(!this.#ended, "stands after the end");
      this.#record = read();
      this.#ended = this.#steps.next().done;
    } catch (error) {
      if (error instanceof Fault) error.line ??= this.count;
      throw error;
    }
  }

  #digestBefore() {
    return hexOf(this.#hash.clone().digest());
  }

  #digestThrough() {
    return hexOf(this.#hash.clone().update(this.#line).update(FEED).digest());
  }

  #is(...types) {
    return types.includes(this.#record?.type);
  }

  /** The current record, which must be of one of these types. */
  #need(...types) {
    demand(this.#record !== undefined, "is missing: the transcript stops here");
    demandRecord(this.#record, ...types);
    return this.#record;
  }

  #compareKept(name, what, digest) {
    const kept = this.#kept[name];
    demand(!kept || kept === digest, () => `the ${what} is ${digest}, not the one you kept`);
  }

  // Each step below ends with the record after its own as the current one; `yield` waits for the next line.
  *#walk() {
    yield* this.#announcement();
    yield* this.#frozen();
    yield* this.#beforeTheClose();
    yield* this.#closing();
    yield* this.#results();
    yield* this.#changes();
    this.#end();
  }

  *#announcement() {
    this.rules = new Rules(this.#need("rules"));
    this.seats = new Seats(this.rules);
    this.commitments = new Map();
    for (const { name } of this.rules.witnesses) {
      yield;
      const { witness, commitment, at } = this.#need("commitment");
      demand(witness === name, () => `is the commitment of ${witness}, where that of ${name} must stand`);
      demand(at <= this.rules.timetable.commit_until, "is after commit_until");
      this.commitments.set(witness, commitment);
    }
    this.figures.announcement = this.#digestThrough();
    this.#compareKept("announcement", "announcement", this.figures.announcement);
    yield;
  }

  *#frozen() {
    this.freeze = this.#need("freeze");
    demand(this.freeze.at >= this.rules.timetable.freeze_from, "is before freeze_from");
    this.latest = { at: this.freeze.at, line: this.count };
    Object.assign(this.figures, { entries: this.freeze.count, root: this.freeze.root });
    this.#compareKept("root", "root", this.freeze.root);
    yield;
    this.isPartial = this.rules.publication === "digest" && this.#record !== undefined && !this.#is("entry");
    demand(!this.isPartial || this.#publicPart,
      "is no entry: this is the public part of a draw published by digest, which a proof file or an auditor can check");
    if (this.isPartial && this.explanation) {
      throw new Unreadable("to explain an entry takes the whole transcript, and this is its public part");
    }
    this.entries = new Entries();
    if (!this.isPartial) yield* this.#entries();
  }

  *#entries() {
    const merkle = new MerkleRoot();
    const frozenLine = this.count - 1;
    for (let left = this.freeze.count; left > 0; left--) {
      this.#entry(this.#need("entry"));
      merkle.add(this.#line);
      yield;
    }
    demand(!this.#is("entry"), "is an entry more than the freeze counts");
    if (merkle.hex() !== this.freeze.root) throw new Fault("the root is not that of the entries", frozenLine);
  }

  #entry({ entry, seats, wishes }) {
    demand(seats <= this.rules.max_seats, "has more seats than max_seats");
    demand(wishes.length <= this.rules.max_wishes, "has more wishes than max_wishes");
    demand(new Set(wishes).size === wishes.length, "wishes a slot twice");
    this.entries.add(entry, seats, wishes.map((slot) => this.rules.slot(slot)));
  }

  *#beforeTheClose() {
    this.struck = new Set();
    this.figures.struck = 0;
    yield* this.#all("struck", (record) => record.entry, (record) => this.#strike(record));
    let last = this.rules.timetable.commit_until;
    for (; this.#is("adjusted"); yield) {
      const record = this.#need("adjusted");
      demand(record.at >= last, "is before commit_until, or before the adjustment ahead of it");
      this.seats.add(record);
      this.#mustPrecedeTheClose(record);
      last = record.at;
    }
    this.revealed = [];
    yield* this.#all("reveal", (record) => record.witness, (record) => this.#reveal(record));
  }

  /** All records of a type that follow, ascending by a name. */
  *#all(type, nameOf, check) {
    for (let last = ""; this.#is(type); yield) {
      const record = this.#need(type);
      demandAscending([last, nameOf(record)], `records of type ${type}`);
      demand(record.at >= this.freeze.at, "is before the freeze");
      this.#mustPrecedeTheClose(record);
      check(record);
      last = nameOf(record);
    }
  }

  /** Of all such lines only the latest is kept, however many there are. */
  #mustPrecedeTheClose({ at }) {
    if (at >= this.latest.at) this.latest = { at, line: this.count };
  }

  #strike({ entry }) {
    this.figures.struck++;
    if (!this.isPartial) this.struck.add(this.entries.number(entry));
  }

  #reveal({ witness, secret }) {
    demand(this.commitments.has(witness), () => `${witness} is no witness of this draw`);
    demand(commitmentOf(this.rules, witness, secret) === this.commitments.get(witness),
      () => `the secret of ${witness} does not open its commitment`);
    this.revealed.push(witness);
  }

  *#closing() {
    const closed = this.#need("closed");
    demand(this.isPartial || closed.digest === this.#digestBefore(), "its digest is not that of the lines before it");
    if (this.latest.at > closed.at) throw new Fault("is after the close", this.latest.line);
    checkClosing(this.rules, closed, this.revealed);
    this.figures.closing = closingDigest(closed);
    this.#compareKept("closed", "closing digest", this.figures.closing);
    yield;
    const beacon = this.#need("beacon");
    checkBeacon(this.rules, beacon, closed);
    this.lastAt = beacon.at;
    if (beacon.signature) this.figures.drand = beacon.round;
    yield;
    const { seed } = this.#need("seed");
    demand(seed === seedOf(this.rules, closed, beacon), "is not the seed that closing and beacon make");
    this.figures.seed = seed;
    yield;
  }

  *#results() {
    const merkle = new MerkleRoot();
    if (!this.isPartial) yield* this.#ranked(merkle);
    const { root } = this.#need("outcome");
    demand(this.isPartial || root === merkle.hex(), "is not the root of the results");
    this.figures.outcome = root;
    yield;
    if (!this.isPartial) this.figures.result = this.#digestBefore();
  }

  *#ranked(merkle) {
    const { rules, entries, struck, seats } = this;
    const order = new Order(entries, this.figures.seed);
    const free = [...seats.capacity];
    const watch = this.explanation?.watching(rules, entries, order, struck) ?? null;
    const won = rankedRounds(rules, entries, order, struck, free, watch);
    if (rules.max_wins === 1) demandNoEnvy(entries, order, struck, won);
    this.holdings = new Holdings({ rules, entries, order, struck, seats, free, won });
    this.figures.won = 0;
    for (let turn = 0; turn < entries.count; turn++, yield) {
      const given = this.#need("result");
      const result = this.#resultOf(order, turn, won);
      for (const field of ["place", "entry", "ticket", "won", "outcome"]) {
        demand(canonicalText(given[field]) === canonicalText(result[field]),
          () => `${field} is ${canonicalText(given[field])}, but computed is ${canonicalText(result[field])}`);
      }
      if (result.outcome === "won") this.figures.won++;
      this.explanation?.heard(given, this.count);
      merkle.add(this.#line);
    }
  }

  #resultOf(order, turn, column) {
    const number = order.numbers[turn];
    const won = slotsWon(this.entries, number, column).map((slot) => this.rules.slots[slot].slot);
    const without = this.rules.waiting_list ? "waiting" : "lost";
    const outcome = this.struck.has(number) ? "struck" : won.length ? "won" : without;
    return { entry: this.entries.name(number), place: turn + 1, ticket: order.ticket(number), won, outcome };
  }

  *#changes() {
    while (this.#is("change")) {
      const change = this.#need("change");
      demand(change.at >= this.lastAt, "is before what stands ahead of it");
      this.lastAt = change.at;
      if (this.isPartial) this.#publicChange(change);
      else this.holdings.take(change);
      this.explanation?.heard(change, this.count);
      yield;
      if (this.isPartial) yield* this.#publicConsequences();
      else if (!this.#is("change") || !this.holdings.isSameDay(this.#need("change").at)) yield* this.#consequences();
    }
  }

  *#consequences() {
    for (const expected of this.holdings.settle()) {
      const record = this.#need("revoked", "promotion", "change", "end");
      demand(canonicalText(record) === canonicalText(expected), () => `stands where ${canonicalText(expected)} must stand`);
      this.explanation?.heard(record, this.count);
      yield;
    }
  }

  #publicChange(change) {
    if (change.kind === "seats") this.seats.add(change);
    else if (change.kind === "granted") this.seats.grant(change);
    else if (change.slot !== null) this.rules.slot(change.slot);
  }

  *#publicConsequences() {
    for (; this.#is("revoked", "promotion"); yield) this.rules.slot(this.#need("revoked", "promotion").slot);
  }

  #end() {
    const { records, digest } = this.#need("end");
    // A public part has all lines but those of the entries and their results.
    const lines = this.count - 1 + (this.isPartial ? 2 * this.freeze.count : 0);
    demand(records === lines, `counts ${records} lines, and there are ${lines}`);
    demand(this.isPartial || digest === this.#digestBefore(), "its digest is not that of the lines before it");
    this.figures.digest = digest;
  }
}
