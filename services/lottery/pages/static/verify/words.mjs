// What the command line says, in English; the page says it in the words of its language.

const FIGURES = {
  announcement: "announcement", entries: "entries", root: "root", struck: "struck", closing: "closing digest",
  drand: "drand", seed: "seed", won: "won", result: "result digest", digest: "digest",
  proofEntry: "entry root", proofResult: "result root",
};
const UNKNOWN = {
  whole: "entries, results, and what changes led to: they are in the whole transcript only.",
  receipt: "whether this is the draw of your receipt: all of it may be invented. Compare its announcement.",
  frozen: "whether the entries are those frozen before the draw: compare the root with one kept from then.",
  closing: "whether it was closed before the beacon: all witnesses may be one person. Compare the closing digest.",
  invented: "whether an entry was invented (the audit's sample answers), and times, which are claims.",
  roots: "whether these are the public roots of the draw, and the ticket: give the transcript too.",
};
const LOOKS = {
  won: "WON 当せん", "won-already": "won already", "day-won": "it has won on this day already", "does-not-fit": "the party does not fit",
  "not-needed": "not needed: it got a better wish",
};
const OUTCOMES = {
  struck: ["  struck before the draw: it keeps its ticket and takes no seat (抽せん前に対象外)"],
  waiting: ["  won nothing, so it waits (落せん)"],
  lost: ["  won nothing (落せん)"],
};
export const EXIT = { true: 0, refused: 1, unreadable: 2 };

/** The lines to print for a verdict. */
export function said(verdict) {
  if (verdict.verdict === "refused") {
    return [`REFUSED (不一致) ${verdict.line === null ? "" : `line ${verdict.line}: `}${verdict.what}`];
  }
  if (verdict.verdict === "unreadable") return [`COULD NOT READ (読めません): ${verdict.what}`];
  return [
    ...figureLines(verdict.figures),
    ...(verdict.explanation ? explained(verdict.explanation) : []),
    ...verdict.unknown.map((code) => `NOT KNOWN: ${UNKNOWN[code]}`),
    "TRUE: everything was computed again and is the same (計算し直した結果と一致しました).",
  ];
}

function figureLines(figures) {
  return Object.keys(FIGURES).filter((name) => figures[name] !== undefined).map((name) => {
    const value = name === "drand" ? `round ${figures.drand} is signed by drand quicknet (BLS12-381)` : figures[name];
    return `${FIGURES[name].padEnd(15)} ${value}`;
  });
}

function explained({ entry, place, of, seats, outcome, looks, after }) {
  return [
    `entry ${entry}: place ${place} of ${of}, party of ${seats}`,
    ...looks.map((look) => `  round ${look.round}, wish ${look.slot}: ${look.free} seats free at its turn: ${LOOKS[look.what]}`),
    ...(OUTCOMES[outcome] ?? []),
    ...after.map(({ line, record }) => `  line ${line}: ${record.kind ?? record.type} ${record.slot ?? "all"}`),
  ];
}
