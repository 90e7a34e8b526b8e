// Draws whose outcome is given, right and wrong, before the browser's check for envy: a JSON list of [what, fault or null].
import { Entries } from "../../../services/lottery/pages/static/verify/entries.mjs";
import { demandNoEnvy, Order, rankedRounds } from "../../../services/lottery/pages/static/verify/mechanism.mjs";

const SEED = "ab".repeat(32);
const RULES = { max_wins: 1, one_win_a_day: false, slots: [{ day: "2021-07-01" }, { day: "2021-07-01" }] };

/** Entries of one slot each, as [seats, wishes…], with names that differ. */
function entriesOf(parties) {
  const entries = new Entries();
  parties.forEach(([seats, ...wishes], number) => entries.add((number + 1).toString(16).padStart(32, "0"), seats, wishes));
  return entries;
}

/** What the check says of the outcome of one order, told as that of another. */
function envyOf(parties, seats, drawnAs = (numbers) => numbers, struck = new Set()) {
  const entries = entriesOf(parties);
  const order = new Order(entries, SEED);
  const served = { numbers: drawnAs(Uint32Array.from(order.numbers)) };
  const won = rankedRounds(RULES, entries, served, struck, [...seats]);
  try {
    demandNoEnvy(entries, order, struck, won);
    return null;
  } catch (fault) {
    return fault.message;
  }
}

const singles = Array.from({ length: 6 }, () => [1, 0, 1]);
const last = new Order(entriesOf(singles), SEED).numbers.at(-1);
const backwards = (numbers) => numbers.reverse();
console.log(JSON.stringify([
  ["as the order says", envyOf(singles, [2, 2])],
  ["served backwards", envyOf(singles, [2, 2], backwards)],
  ["only the last two changed places", envyOf(singles, [5, 0], (all) => all.map((n, i) => all[i < 4 ? i : 9 - i]))],
  ["a large party passed over for a small one", envyOf([[3, 0], [3, 0], [1, 0]], [4, 0])],
  ["enough for everybody", envyOf(singles, [6, 0], backwards)],
  ["the last one, who is struck, can't be envied", envyOf(singles, [5, 0], backwards, new Set([last]))],
]));
