// What each record consists of: exactly these fields, each of this form. What depends on other lines is checked elsewhere.
import { demand } from "./fault.mjs";
import { isDay, isTime } from "./times.mjs";

const matching = (pattern) => (value) => typeof value === "string" && pattern.test(value);
const exactly = (...values) => (value) => values.includes(value);
const whole = (least = -Infinity, most = Infinity) => (value) => typeof value === "number" && value >= least && value <= most;
const change = (value) => typeof value === "number" && value !== 0;
const listOf = (item, least = 0) => (value) => Array.isArray(value) && value.length >= least && value.every(item);
const orNull = (form) => (value) => value === null || form(value);
const objectOf = (fields) => (value) => isObject(value) && faultOfFields(value, fields) === null;
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

const flag = (value) => typeof value === "boolean";
const name = matching(/^[a-z0-9-]{1,64}$/);
const decision = matching(/^[0-9A-Za-z-]{1,40}$/);
const entry = matching(/^[0-9a-f]{32}$/);
const hash = matching(/^[0-9a-f]{64}$/);
const long = matching(/^[0-9a-f]{128}$/);
const why = { reason: name, decision };

const DRAND = matching(/^drand:[0-9a-f]{64}$/);
const CEREMONY = matching(/^ceremony:[a-z0-9-]{1,64}$/);
const timetable = {
  commit_until: isTime, apply_from: isTime, apply_until: isTime, freeze_from: isTime, close_from: isTime, promote_until: isTime,
};
const announced = { round: whole(1), at: isTime };
const beacon = (value) =>
  objectOf({ ...announced, source: DRAND })(value) ||
  objectOf({ ...announced, source: CEREMONY, digits: whole(25, 200) })(value);
const signatures = listOf(objectOf({ witness: name, signature: long }));

const SHAPES = {
  rules: {
    protocol: exactly("kujibiki-draw/1"), draw: name, programme: name, mechanism: exactly("ranked-rounds"),
    max_wins: whole(1), one_win_a_day: flag, waiting_list: flag, max_seats: whole(1), max_wishes: whole(1),
    slots: listOf(objectOf({ slot: name, day: isDay, seats: whole(0), reserve: whole(0) }), 1),
    witnesses: listOf(objectOf({ name, key: hash }), 3), beacons: listOf(beacon, 1), timetable: objectOf(timetable),
    utc_offset: whole(), publication: exactly("full", "digest"),
    previous: orNull(objectOf({ draw: name, digest: hash, ...why })),
  },
  commitment: { witness: name, commitment: hash, at: isTime },
  freeze: { count: whole(1), root: hash, at: isTime },
  entry: { entry, seats: whole(1), wishes: listOf(name, 1) },
  struck: { entry, ...why, at: isTime },
  adjusted: { slot: name, seats: change, ...why, at: isTime },
  reveal: { witness: name, secret: hash, at: isTime },
  closed: { at: isTime, digest: hash, revealed: listOf(name, 1), missing: listOf(name), signatures },
  seed: { seed: hash },
  result: {
    entry, place: whole(1), ticket: hash, won: listOf(name), outcome: exactly("won", "waiting", "lost", "struck"),
  },
  outcome: { root: hash },
  revoked: { entry, slot: name },
  promotion: { entry, slot: name },
  end: { records: whole(0), digest: hash },
};

const BEACONS = {
  drand: { source: DRAND, round: whole(1), value: hash, at: isTime, signature: matching(/^[0-9a-f]{96}$/) },
  ceremony: {
    source: CEREMONY, round: whole(1), value: matching(/^[0-9]{25,200}$/), at: isTime, closed: hash, signatures,
  },
};

const upTo = { entry, slot: orNull(name) };
const CHANGES = {
  withdrawn: upTo, declined: upTo, disqualified: { ...upTo, ...why },
  seats: { slot: name, seats: change, ...why }, granted: { slot: name, seats: whole(1), ...why },
};

const own = (table, key) => (typeof key === "string" && Object.hasOwn(table, key) ? table[key] : null);

const kindOfSource = (source) => (typeof source === "string" ? source.split(":")[0] : null);

function fieldsOf(record) {
  if (record.type === "beacon") return own(BEACONS, kindOfSource(record.source));
  if (record.type !== "change") return own(SHAPES, record.type);
  const fields = own(CHANGES, record.kind);
  return fields && { kind: () => true, at: isTime, ...fields };
}

/** Null, or what is wrong with the fields of an object. */
function faultOfFields(value, fields) {
  const unknown = Object.keys(value).find((key) => !Object.hasOwn(fields, key));
  if (unknown !== undefined) return `has the unknown field ${JSON.stringify(unknown)}`;
  for (const [key, form] of Object.entries(fields)) {
    if (!Object.hasOwn(value, key)) return `lacks the field "${key}"`;
    if (!form(value[key])) return `has a malformed field "${key}"`;
  }
  return null;
}

/** Refuses what is no record of the protocol, or not of one of these types. */
export function demandRecord(record, ...types) {
  demand(isObject(record), "is no record");
  demand(types.includes(record.type), () => `stands where a record of type ${types.join(" or ")} must stand`);
  const fields = fieldsOf(record);
  demand(fields !== null, "is of no kind that the protocol knows");
  const fault = faultOfFields(record, { type: () => true, ...fields });
  demand(fault === null, fault);
}

/** Refuses a proof file that isn't made of these fields. */
export function demandProof(proof) {
  const part = objectOf({
    count: whole(1), index: whole(0), line: isObject, path: listOf(hash), root: hash,
  });
  demand(objectOf({ entry: part, result: part })(proof), "the proof file has not the form of a proof");
}
