/** JSON lines: one object a line, UTF-8, with a limit. */

import { StringDecoder } from "node:string_decoder";

/** Most bytes of a line, its newline included. */
export const MAX_LINE = 1024 * 1024;

/** What is cut off a text is marked with this. */
const CUT = "…";

/** A line that the other side would not take. */
export class TooLongError extends Error {
  constructor(/** @type {string} */ type, /** @type {number} */ bytes) {
    super(`${type} has ${bytes} bytes; the wecom daemon takes ${MAX_LINE}`);
    this.name = "TooLongError";
  }
}

/**
 * The line of a frame.
 *
 * @param {{t: string}} frame
 * @throws {TooLongError}
 */
export function encode(frame) {
  const line = `${JSON.stringify(frame)}\n`;
  const bytes = Buffer.byteLength(line);
  if (bytes > MAX_LINE) {
    throw new TooLongError(frame.t, bytes);
  }
  return line;
}

/**
 * The line of a frame whose `text` may be cut to make it fit.
 *
 * @param {{t: string, text?: string}} frame
 */
export function encodeCut(frame) {
  let fitting = frame;
  for (;;) {
    try {
      return encode(fitting);
    } catch (error) {
      if (!(error instanceof TooLongError) || !fitting.text || fitting.text === CUT) {
        throw error;
      }
      // How many bytes a character takes in JSON differs: halving always comes to an end.
      const half = wholeCharacters(fitting.text, Math.floor(fitting.text.length / 2));
      fitting = { ...frame, text: half + CUT };
    }
  }
}

/** The first `length` units of a text, without half a surrogate pair. */
function wholeCharacters(/** @type {string} */ text, /** @type {number} */ length) {
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}

/** Takes chunks, gives frames. */
export class Decoder {
  #text = new StringDecoder("utf8");
  /** @type {string[]} Parts of the line that has not ended. */
  #parts = [];
  #length = 0;

  /**
   * The frames that a chunk completes. Lines that are no object with a `t` are left out.
   *
   * @param {Buffer} chunk
   * @returns {{t: string, [key: string]: unknown}[]}
   * @throws {Error} A line is longer than the limit.
   */
  take(chunk) {
    const frames = [];
    const pieces = this.#text.write(chunk).split("\n");
    const open = pieces.pop() ?? "";
    for (const piece of pieces) {
      this.#parts.push(piece);
      const frame = parse(this.#parts.join(""));
      if (frame) {
        frames.push(frame);
      }
      this.#parts = [];
      this.#length = 0;
    }
    this.#parts.push(open);
    this.#length += open.length;
    if (this.#length > MAX_LINE) {
      throw new Error("the wecom daemon sent a line beyond the limit");
    }
    return frames;
  }
}

function parse(/** @type {string} */ line) {
  try {
    const frame = JSON.parse(line);
    return typeof frame?.t === "string" ? frame : undefined;
  } catch {
    return undefined;
  }
}
