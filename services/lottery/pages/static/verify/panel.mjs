// The form that starts a check and shows its verdict; the same on the page of a draw and in the file to keep. Its words
// are <data> elements in a <template> beside it, so that the page says them in its language.

const SIGNS = { success: "✓", error: "✕", warning: "！", info: "…" };
const TITLES = { whole: "true", public: "true-part", proof: "true-proof" };
const DIGITS = { announcement: 64, root: 64, closed: 64, mine: 32 };

/** Brings a panel to life. `makeWorker()` starts a worker that runs worker.mjs. */
export function setUp(panel, makeWorker) {
  const form = panel.querySelector("form");
  const out = panel.querySelector("[data-out]");
  const words = wordsOf(panel);
  panel.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const job = jobOf(form, event.submitter?.dataset.url ?? null);
    const wrong = faultOf(job, form, words);
    if (wrong) out.replaceChildren(box("warning", wrong));
    else run(job, { form, out, words, worker: makeWorker() });
  });
}

function wordsOf(panel) {
  const template = panel.querySelector("template");
  // Looked up at each use: the file to keep can change its language.
  const said = (key) => template.content.querySelector(`data[value="${CSS.escape(key)}"]`)?.textContent ?? key;
  return (key, values = {}) => said(key).replaceAll(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

function jobOf(form, url) {
  const fields = form.elements;
  const typed = Object.keys(DIGITS).map((name) => [name, fields[name].value.replaceAll(/[\s-]/g, "").toLowerCase()]);
  const { mine, ...kept } = Object.fromEntries(typed);
  const [file, proof] = [fields.file.files[0] ?? null, fields.proof.files[0] ?? null];
  // A file that was kept is checked instead of the published one.
  return { file, proof, url: file ? null : url, kept, entry: mine || null };
}

/** What is wrong with what was typed, or null; the field is marked and gets the focus. */
function faultOf(job, form, words) {
  const typed = { ...job.kept, mine: job.entry ?? "" };
  const wrong = Object.keys(DIGITS).filter((name) => typed[name] && !isHex(typed[name], DIGITS[name]));
  for (const name of Object.keys(DIGITS)) {
    form.elements[name].setAttribute("aria-invalid", String(wrong.includes(name)));
  }
  if (wrong.length) {
    form.elements[wrong[0]].focus();
    return words("wrong-digits", { field: words(`field-${wrong[0]}`), count: DIGITS[wrong[0]] });
  }
  return job.file || job.url || job.proof ? null : words("nothing-chosen");
}

function isHex(text, digits) {
  return text.length === digits && !/[^0-9a-f]/.test(text);
}

function run(job, { form, out, words, worker }) {
  const buttons = [...form.querySelectorAll("button")];
  const line = element("p", {}, words("working", { lines: "0" }));
  const bar = element("progress", { class: "progress__bar", "aria-label": words("working-title") });
  out.replaceChildren(box("info", words("working-title"), line, bar));
  const done = (verdict) => {
    worker.terminate();
    for (const button of buttons) button.disabled = false;
    out.replaceChildren(...shown(verdict, words));
  };
  for (const button of buttons) button.disabled = true;
  worker.onmessage = ({ data }) => {
    if (data.verdict) return done(data);
    line.textContent = words("working", { lines: data.lines.toLocaleString() });
    if (job.file?.size) Object.assign(bar, { max: job.file.size, value: Math.min(data.bytes, job.file.size) });
  };
  worker.onerror = (event) => done({ verdict: "unreadable", what: event.message ?? "" });
  worker.postMessage(job);
}

function shown(verdict, words) {
  if (verdict.verdict === "unreadable") return [box("warning", words("unreadable"), detail(verdict.what))];
  if (verdict.verdict === "refused") {
    const title = verdict.line === null ? words("refused") : words("refused-line", { line: verdict.line });
    return [box("error", title, detail(verdict.what), element("p", {}, words("refused-text")))];
  }
  const title = TITLES[verdict.scope];
  return [
    box("success", words(title), element("p", {}, words(`${title}-text`))),
    ...(verdict.proof ? proven(verdict.proof, words) : []),
    ...(verdict.explanation ? explained(verdict.explanation, words) : []),
    element("h3", {}, words("figures")),
    figures(verdict.figures, words),
    element("h3", {}, words("unknown")),
    element("ul", {}, ...verdict.unknown.map((code) => element("li", {}, words(`unknown-${code}`)))),
  ];
}

function slotNames(words) {
  return (name) => (words(`slot-${name}`) === `slot-${name}` ? name : words(`slot-${name}`));
}

/** The two lines that a proof file shows to be in the record. */
function proven({ entry, result }, words) {
  const names = (slots) => slots.map(slotNames(words)).join(" / ") || words("nothing");
  const rows = [
    [words("mine-order"), words("mine-place", { place: result.line.place, of: entry.count, seats: entry.line.seats })],
    [words("mine-wishes"), names(entry.line.wishes)],
    [words("mine-won"), names(result.line.won)],
  ];
  return [element("h3", {}, words("proven")), list(rows), element("p", {}, words(`outcome-${result.line.outcome}`))];
}

function explained({ place, of, seats, outcome, looks, after }, words) {
  const slot = slotNames(words);
  const heads = ["round", "wish", "free", "what"].map((name) => element("th", { scope: "col" }, words(`column-${name}`)));
  const rows = looks.map(({ round, slot: name, free, what }) => {
    const cells = [String(round), slot(name), String(free), words(`look-${what}`)];
    return element("tr", {}, ...cells.map((text) => element("td", {}, text)));
  });
  const later = after.map(({ record }) =>
    element("li", {}, words(`after-${record.kind ?? record.type}`, { slot: record.slot ? slot(record.slot) : words("all") })));
  return [
    element("h3", {}, words("mine")),
    element("p", {}, words("mine-place", { place, of, seats })),
    ...(looks.length ? [table(words("mine-turns"), heads, rows)] : []),
    element("p", {}, words(`outcome-${outcome}`)),
    ...(later.length ? [element("p", {}, words("mine-after")), element("ol", {}, ...later)] : []),
  ];
}

function table(caption, heads, rows) {
  const whole = element("table", { class: "table" }, element("caption", {}, caption),
    element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows));
  return element("div", { class: "table-frame", tabindex: "0", role: "region", "aria-label": caption }, whole);
}

function figures(all, words) {
  return list(Object.entries(all).map(([name, value]) => [words(`figure-${name}`), String(value)]), "verify__figure");
}

function list(pairs, css = "") {
  const rows = pairs.map(([term, text]) =>
    element("div", { class: "definitions__row" }, element("dt", {}, term), element("dd", { class: css }, text)));
  return element("dl", { class: "definitions" }, ...rows);
}

/** The check's own words for a fault, which are English. */
function detail(what) {
  return element("p", { lang: "en" }, what);
}

function box(kind, title, ...more) {
  // Colour is never alone: each kind has its sign.
  const sign = element("span", { "aria-hidden": "true" }, `${SIGNS[kind]} `);
  const head = element("p", { class: "notice__title" }, element("strong", {}, sign, title));
  const body = element("div", { class: "notice__body" }, head, ...more);
  return element("section", { class: `notice notice--${kind}` }, body);
}

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}
