// The announcement: what the rules must be among themselves, and what later lines ask them.
import { demand } from "./fault.mjs";
import { isGoodKey, QUICKNET, timeOfRound } from "./signatures.mjs";
import { secondsOf } from "./times.mjs";

const HOUR = 3600;

/** Rules that were found sound. Slots and witnesses are known by their places in the lists. */
export class Rules {
  constructor(record) {
    demandDifferent(record.slots.map((slot) => slot.slot), "slots");
    demandDifferent(record.witnesses.map((witness) => witness.name), "witnesses' names");
    demandDifferent(record.witnesses.map((witness) => witness.key), "witnesses' keys");
    for (const { name, key } of record.witnesses) {
      demand(isGoodKey(key), () => `the key of ${name} is not canonical or of small order`);
    }
    demandTimetable(record.timetable, record.previous !== null);
    demandBeacons(record);
    demand(record.previous?.draw !== record.draw, "a second draw must replace another draw than itself");
    Object.assign(this, record);
    this.slotIndex = new Map(record.slots.map((slot, index) => [slot.slot, index]));
    this.keys = new Map(record.witnesses.map((witness) => [witness.name, witness.key]));
  }

  /** The index of a slot; refuses what is none of this draw. */
  slot(name) {
    demand(this.slotIndex.has(name), () => `${name} is not a slot of this draw`);
    return this.slotIndex.get(name);
  }

  /** The announced beacon that decides after a closing: the first at least an hour later, or undefined. */
  beaconAfter(closedAt) {
    const earliest = secondsOf(closedAt) + HOUR;
    return this.beacons.find((beacon) => secondsOf(beacon.at) >= earliest);
  }
}

function demandDifferent(values, what) {
  demand(new Set(values).size === values.length, `the ${what} are not all different`);
}

function demandTimetable(times, isSecond) {
  const { commit_until, apply_from, apply_until, freeze_from, close_from, promote_until } = times;
  const inOrder = isSecond
    ? commit_until <= freeze_from
    : commit_until <= apply_from && apply_from < apply_until && apply_until <= freeze_from &&
      freeze_from <= close_from && close_from <= promote_until;
  demand(inOrder, "the timetable is not in order");
}

function demandBeacons({ beacons, timetable }) {
  demandDifferent(beacons.map(({ source, round }) => `${source} ${round}`), "beacons");
  demand(beacons[0].at > timetable.close_from, "the first beacon is not after close_from");
  for (const [index, { source, round, at }] of beacons.entries()) {
    demand(index === 0 || beacons[index - 1].at <= at, "the beacons do not ascend by time");
    if (!source.startsWith("drand:")) continue;
    demand(source === QUICKNET, "the chain of drand is not quicknet");
    demand(secondsOf(at) === timeOfRound(round), `round ${round} of drand is not at ${at}`);
  }
}
