// JSON as RFC 8785 writes it, and in no other way. The reader takes exactly one form of each value, so that whatever it
// takes is canonical without being written again: keys ascending (so none twice), no spaces, whole numbers, plain escapes.
import { bytesOfText } from "./bytes.mjs";
import { demand, Fault } from "./fault.mjs";

const DEEPEST = 12;
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const NUMBER = /-?(?:0|[1-9][0-9]*)/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPES = { '"': '"', "\\": "\\", b: "\b", t: "\t", n: "\n", f: "\f", r: "\r" };
// Other control characters are written so, and nothing else is; those with a short escape above never are.
const CONTROL = /u00(?:0[0-7be-f]|1[0-9a-f])/y;
const ASCII = /^[\u0020-\u007e]*$/;

/** The value of one line's bytes. Objects have no prototype, so that no key means anything else. Refuses with a Fault. */
export function parse(bytes) {
  return new CanonicalReader(textOf(bytes)).whole();
}

function textOf(bytes) {
  try {
    return DECODER.decode(bytes);
  } catch {
    throw new Fault("is not UTF-8");
  }
}

class CanonicalReader {
  #text;
  #at = 0;

  constructor(text) {
    this.#text = text;
  }

  whole() {
    const value = this.#value(0);
    demand(this.#at === this.#text.length, "has something behind its value");
    return value;
  }

  #value(depth) {
    demand(depth <= DEEPEST, "is nested too deep");
    const first = this.#text[this.#at];
    if (first === "{") return this.#object(depth);
    if (first === "[") return this.#array(depth);
    if (first === '"') return this.#string();
    for (const [word, value] of [["true", true], ["false", false], ["null", null]]) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    return this.#number();
  }

  #object(depth) {
    const object = Object.create(null);
    let last = null;
    for (const empty = this.#opened("}"); !empty; ) {
      const key = this.#string();
      demand(ASCII.test(key), "has a key that is not ASCII");
      demand(last === null || last < key, "is not canonical: a key is out of order or doubled");
      this.#expect(":");
      object[key] = this.#value(depth + 1);
      last = key;
      if (this.#closed("}")) break;
    }
    return object;
  }

  #array(depth) {
    const array = [];
    for (const empty = this.#opened("]"); !empty; ) {
      array.push(this.#value(depth + 1));
      if (this.#closed("]")) break;
    }
    return array;
  }

  /** Past the opening bracket; true if the closing one follows at once. */
  #opened(end) {
    this.#at++;
    if (this.#text[this.#at] !== end) return false;
    this.#at++;
    return true;
  }

  #closed(end) {
    if (this.#text[this.#at] === end) {
      this.#at++;
      return true;
    }
    this.#expect(",");
    return false;
  }

  #expect(character) {
    demand(this.#text[this.#at] === character, () => `is not canonical JSON: no ${character} at character ${this.#at + 1}`);
    this.#at++;
  }

  #match(pattern) {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }

  #string() {
    this.#expect('"');
    let string = this.#match(PLAIN);
    while (this.#text[this.#at] === "\\") {
      this.#at++;
      string += this.#escaped() + this.#match(PLAIN);
    }
    this.#expect('"');
    return string;
  }

  #escaped() {
    const short = ESCAPES[this.#text[this.#at]];
    if (short !== undefined) {
      this.#at++;
      return short;
    }
    const control = this.#match(CONTROL);
    demand(control, "is not canonical: an escape that is not needed, or of a wrong form");
    return String.fromCharCode(Number.parseInt(control.slice(1), 16));
  }

  #number() {
    const digits = this.#match(NUMBER);
    demand(digits && digits !== "-0", () => `is not canonical JSON at character ${this.#at + 1}`);
    demand(!".eE".includes(this.#text[this.#at] ?? " "), "holds a number that is not whole");
    const number = Number(digits);
    demand(Number.isSafeInteger(number), "holds a number out of range");
    return number;
  }
}

/** The canonical text of a value made of objects, arrays, texts, safe integers, booleans and null. */
export function canonicalText(value) {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const fields = Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonicalText(value[key])}`);
  return `{${fields.join(",")}}`;
}

/** The canonical bytes of a value. */
export function canonicalBytes(value) {
  return bytesOfText(canonicalText(value));
}
