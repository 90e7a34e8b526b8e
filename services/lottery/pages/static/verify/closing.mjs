// The two records that witnesses sign: the closing, and a beacon that fell before an audience. And drand's, signed by drand.
import { bytesOfHex, bytesOfText, digestOf } from "./bytes.mjs";
import { canonicalBytes, canonicalText } from "./canonical.mjs";
import { demand } from "./fault.mjs";
import { isDrand, isSigned } from "./signatures.mjs";
import { secondsOf } from "./times.mjs";

const HOUR = 3600;

/** Refuses a list of names or of objects' names that does not ascend. */
export function demandAscending(names, what) {
  demand(names.every((name, index) => index === 0 || names[index - 1] < name), `${what} do not ascend, or one stands twice`);
}

function withoutSignatures(record) {
  const { signatures, ...signed } = record;
  return canonicalText(signed);
}

/** The closing digest: what people keep. */
export function closingDigest(closed) {
  return digestOf(bytesOfText(withoutSignatures(closed)));
}

/** Refuses unless more than two thirds of the witnesses signed, each rightly. */
function demandSignatures(rules, record) {
  const names = record.signatures.map(({ witness }) => witness);
  demandAscending(names, "the signatures");
  const message = withoutSignatures(record);
  for (const { witness, signature } of record.signatures) {
    demand(rules.keys.has(witness), () => `is signed by ${witness}, who is no witness of this draw`);
    demand(isSigned(rules.keys.get(witness), message, signature), () => `the signature of ${witness} is wrong`);
  }
  demand(3 * names.length > 2 * rules.keys.size, "is not signed by more than two thirds of the witnesses");
}

/** Checks a closing against the rules and `revealed`, the witnesses whose secrets were revealed. */
export function checkClosing(rules, closed, revealed) {
  demand(closed.at >= rules.timetable.close_from, "is before close_from");
  demand(rules.beaconAfter(closed.at) !== undefined, "is less than an hour before the last beacon");
  demandAscending(closed.revealed, "the revealed");
  demandAscending(closed.missing, "the missing");
  const missing = [...rules.keys.keys()].filter((name) => !revealed.includes(name)).sort();
  demand(canonicalText(closed.revealed) === canonicalText(revealed), "names others as revealed than those who revealed");
  demand(canonicalText(closed.missing) === canonicalText(missing), "names others as missing than those who stayed away");
  demandSignatures(rules, closed);
}

/** Checks a beacon: the announced one, and truly signed by drand or by those who saw it fall. */
export function checkBeacon(rules, beacon, closed) {
  const announced = rules.beaconAfter(closed.at);
  demand(
    beacon.source === announced.source && beacon.round === announced.round,
    () => `is not the first beacon an hour after the closing, which is ${announced.source} round ${announced.round}`,
  );
  demand(beacon.at >= announced.at, "is before the announced time");
  if (announced.digits === undefined) checkDrand(beacon);
  else checkCeremony(rules, beacon, announced, closed);
}

function checkDrand({ value, signature, round }) {
  demand(value === digestOf(bytesOfHex(signature)), "its value is not the SHA-256 of its signature");
  demand(isDrand(round, signature), `round ${round} is not signed by drand quicknet`);
}

function checkCeremony(rules, beacon, announced, closed) {
  demand(beacon.value.length === announced.digits, `has not exactly ${announced.digits} digits`);
  demand(secondsOf(beacon.at) <= secondsOf(announced.at) + 6 * HOUR, "is more than six hours after the announced time");
  demand(beacon.closed === closingDigest(closed), "names another closing");
  demandSignatures(rules, beacon);
}

/** What opens a commitment: the digest of the secret with its witness and draw. */
export function commitmentOf(rules, witness, secret) {
  return digestOf(canonicalBytes({ draw: rules.draw, protocol: rules.protocol, secret, witness }));
}

/** The seed that closing and beacon make. */
export function seedOf(rules, closed, { source, round, value }) {
  return digestOf(canonicalBytes({
    beacon: { round, source, value }, closed: closingDigest(closed), draw: rules.draw, protocol: rules.protocol,
  }));
}
