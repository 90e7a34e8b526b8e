// Lines out of chunks of bytes, plain or gzip, never holding more than one line and one chunk.
import { Fault, Unreadable } from "./fault.mjs";

/** The longest line, its line feed included. */
export const LONGEST = 1 << 20;
const GZIP = [0x1f, 0x8b];
const FEED = 10;

/** Cuts chunks into lines and hands each on, without its line feed. */
export class Lines {
  #rest = new Uint8Array(0);
  #take;
  count = 0;

  constructor(take) {
    this.#take = take;
  }

  push(chunk) {
    let start = 0;
    for (let end = chunk.indexOf(FEED); end >= 0; end = chunk.indexOf(FEED, start)) {
      this.#line(joined(this.#rest, chunk.subarray(start, end)));
      this.#rest = chunk.subarray(0, 0);
      start = end + 1;
    }
    this.#rest = joined(this.#rest, chunk.subarray(start));
    this.#bounded(this.#rest);
  }

  /** At the end of the file: the last line must have been ended. */
  end() {
    if (this.#rest.length) throw new Fault("is not ended by a line feed: the file is cut off", this.count + 1);
  }

  #line(line) {
    this.#bounded(line);
    this.count++;
    this.#take(line);
  }

  #bounded(line) {
    if (line.length >= LONGEST) throw new Fault("is longer than 1 MiB", this.count + 1);
  }
}

function joined(first, second) {
  if (!first.length) return second.slice();
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

/** The chunks of a stream of bytes, unpacked if it is gzip. Throws Unreadable where the stream does. */
export async function* chunksOf(stream) {
  const reader = stream.getReader();
  try {
    const head = await begun(reader);
    const plain = GZIP.every((byte, i) => head[i] === byte) ? unpacked(head, reader) : following(head, reader);
    for await (const chunk of plain) yield chunk;
  } catch (error) {
    throw error instanceof Fault ? error : new Unreadable(error.message);
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

/** The first bytes, at least as many as tell gzip from lines, unless the file is shorter. */
async function begun(reader) {
  let head = new Uint8Array(0);
  while (head.length < GZIP.length) {
    const { value, done } = await reader.read();
    if (done) break;
    head = joined(head, value);
  }
  return head;
}

async function* following(head, reader) {
  yield head;
  for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
}

async function* unpacked(head, reader) {
  const chunks = following(head, reader);
  const packed = new ReadableStream({
    async pull(controller) {
      const { value, done } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
  const out = packed.pipeThrough(new DecompressionStream("gzip")).getReader();
  try {
    for (let part = await out.read(); !part.done; part = await out.read()) yield part.value;
  } finally {
    out.cancel().catch(() => undefined);
  }
}
