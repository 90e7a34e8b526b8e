// Tickets, order, and the mechanism "ranked-rounds"; and a check of its outcome that does not follow its steps.
import { bytesOfHex, bytesOfText, compareRuns, hexOf } from "./bytes.mjs";
import { demand } from "./fault.mjs";
import { hmac, sha256 } from "./vendor/noble.mjs";

const WIDTH = 32;

/** The order of all entries, struck ones included: ascending by ticket, then by name (their numbers follow the names). */
export class Order {
  #tickets;

  constructor(entries, seed) {
    const keyed = hmac.create(sha256, bytesOfHex(seed));
    this.#tickets = new Uint8Array(entries.count * WIDTH);
    for (let number = 0; number < entries.count; number++) {
      const ticket = keyed.clone().update(bytesOfText(entries.name(number))).digest();
      this.#tickets.set(ticket, number * WIDTH);
    }
    this.numbers = Uint32Array.from({ length: entries.count }, (_, number) => number);
    this.numbers.sort((one, other) => this.#compare(one, other) || one - other);
  }

  #compare(one, other) {
    return compareRuns(this.#tickets, one * WIDTH, this.#tickets, other * WIDTH, WIDTH);
  }

  ticket(number) {
    return hexOf(this.#tickets.subarray(number * WIDTH, (number + 1) * WIDTH));
  }
}

/** The ticket of one entry, in hex. */
export function ticketOf(seed, name) {
  return hexOf(hmac(sha256, bytesOfHex(seed), bytesOfText(name)));
}

/**
 * Gives the seats away. `free` (seats by slot) is lessened; returned is a column of all wishes: 0, or the round in which
 * the wish was won. `struck` holds the numbers of struck entries; `watch(number, round, slot, free, what)` hears of each
 * wish at each turn.
 */
export function rankedRounds(rules, entries, order, struck, free, watch = null) {
  const won = new Uint16Array(entries.wishCount);
  const wins = new Uint16Array(entries.count);
  const mostRounds = Math.min(rules.max_wins, rules.slots.length);
  for (let round = 1; round <= mostRounds; round++) {
    let anybody = false;
    for (let turn = 0; turn < entries.count; turn++) {
      const number = order.numbers[round % 2 === 0 ? entries.count - 1 - turn : turn];
      if (wins[number] !== round - 1 || struck.has(number)) continue;
      const wish = bestThatFits(rules, entries, number, round, won, free, watch);
      if (wish < 0) continue;
      won[wish] = round;
      wins[number] = round;
      free[entries.slotAt(wish)] -= entries.seats(number);
      anybody = true;
    }
    if (!anybody) break;
  }
  return won;
}

function bestThatFits(rules, entries, number, round, won, free, watch) {
  let best = -1;
  for (let wish = entries.first(number); wish < entries.beyond(number) && (best < 0 || watch); wish++) {
    const slot = entries.slotAt(wish);
    const obstacle = best < 0 ? obstacleTo(rules, entries, number, wish, won, free) : "not-needed";
    watch?.(number, round, slot, free[slot], obstacle ?? "won");
    if (obstacle === null) best = wish;
  }
  return best;
}

function obstacleTo(rules, entries, number, wish, won, free) {
  const slot = entries.slotAt(wish);
  if (won[wish]) return "won-already";
  if (rules.one_win_a_day && wonOn(rules.slots[slot].day, rules, entries, number, won)) return "day-won";
  return entries.seats(number) <= free[slot] ? null : "does-not-fit";
}

function wonOn(day, rules, entries, number, won) {
  for (let wish = entries.first(number); wish < entries.beyond(number); wish++) {
    if (won[wish] && rules.slots[entries.slotAt(wish)].day === day) return true;
  }
  return false;
}

/** The slots that an entry won, in the order won. */
export function slotsWon(entries, number, won) {
  const wishes = [];
  for (let wish = entries.first(number); wish < entries.beyond(number); wish++) if (won[wish]) wishes.push(wish);
  return wishes.sort((one, other) => won[one] - won[other]).map((wish) => entries.slotAt(wish));
}

/** One win: nobody placed later, with a party at least as large, has what an earlier entry wished more than what it got. */
export function demandNoEnvy(entries, order, struck, won) {
  const largestLater = new Map();
  for (let turn = entries.count - 1; turn >= 0; turn--) {
    const number = order.numbers[turn];
    if (struck.has(number)) continue;
    for (let wish = entries.first(number); wish < entries.beyond(number); wish++) {
      const slot = entries.slotAt(wish);
      const later = largestLater.get(slot) ?? 0;
      if (won[wish]) {
        largestLater.set(slot, Math.max(later, entries.seats(number)));
        break;
      }
      demand(later < entries.seats(number), () => `${entries.name(number)} has reason to envy somebody who came later`);
    }
  }
}
