// Times of the protocol are texts, `YYYY-MM-DDTHH:MM:SSZ`, which sort as they follow each other; here is the rest.

const FORM = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/;
const MINUTES_A_DAY = 24 * 60;

/** Whether the text is a time that exists (no 30 February, no leap second, no year 0). */
export function isTime(text) {
  return typeof text === "string" && FORM.test(text) && !text.startsWith("0000") && sameAgain(text);
}

/** Whether the text is a day that exists, `YYYY-MM-DD`. */
export function isDay(text) {
  return typeof text === "string" && isTime(`${text}T00:00:00Z`);
}

function sameAgain(text) {
  const date = new Date(text);
  return !Number.isNaN(date.getTime()) && date.toISOString() === text.replace("Z", ".000Z");
}

/** Seconds since 1970. */
export function secondsOf(time) {
  return Date.parse(time) / 1000;
}

/** The number of the local day of a time, `offset` minutes east of UTC; split so that no offset loses a digit. */
export function dayNumber(time, offset) {
  const minutes = Math.floor(secondsOf(time) / 60);
  const wholeDays = Math.floor(offset / MINUTES_A_DAY);
  return wholeDays + Math.floor((minutes + offset - wholeDays * MINUTES_A_DAY) / MINUTES_A_DAY);
}
