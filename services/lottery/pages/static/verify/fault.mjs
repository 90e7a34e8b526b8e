// The two ways in which a check ends early: what was read is not true, or it could not be read at all.

/** Something in the transcript is not as the protocol and the lines before it demand. `line` counts from 1, or is null. */
export class Fault extends Error {
  constructor(what, line = null) {
    super(what);
    this.line = line;
  }
}

/** The file could not be read: this says nothing about the draw. */
export class Unreadable extends Error {}

/** Refuses with `what` (words, or a function that makes them) unless the condition holds. */
export function demand(condition, what) {
  if (!condition) throw new Fault(typeof what === "function" ? what() : what);
}
