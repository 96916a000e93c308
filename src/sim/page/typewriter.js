/**
 * Lets a text that arrives in lumps grow smoothly. Each frame of a stream carries the
 * whole text so far; what is shown runs after it, faster the further it is behind.
 */

/** The shown text catches up in about this time, in ms. */
const CATCH_UP_MS = 320;
/** Slowest growth, in characters a second. */
const SLOWEST = 50;
/** At most this many redraws a second: more is not seen, only paid for. */
const FRAME_MS = 30;

const still = matchMedia('(prefers-reduced-motion: reduce)');

export class Typewriter {
  #draw;
  #target = '';
  #shown = 0;
  #finished = false;
  #request = 0;
  #last = 0;

  /** @param {(text: string, growing: boolean) => void} draw */
  constructor(draw) {
    this.#draw = draw;
  }

  /**
   * @param {string} text the whole text so far
   * @param {boolean} finished
   * @param {boolean} [atOnce] no growing: the text is not new
   */
  set(text, finished, atOnce = false) {
    // A text that was replaced instead of continued is shown from where it differs.
    this.#shown = commonLength(this.#target.slice(0, this.#shown), text);
    this.#target = text;
    this.#finished = finished;
    if (atOnce || still.matches || document.hidden) {
      cancelAnimationFrame(this.#request);
      this.#request = 0;
      this.#shown = text.length;
      this.#draw(text, !finished);
    } else if (this.#request === 0) {
      this.#last = performance.now() - FRAME_MS;
      this.#request = requestAnimationFrame((now) => this.#step(now));
    }
  }

  stop() {
    cancelAnimationFrame(this.#request);
    this.#request = 0;
  }

  /** @param {number} now */
  #step(now) {
    const elapsed = now - this.#last;
    if (elapsed < FRAME_MS) {
      this.#request = requestAnimationFrame((next) => this.#step(next));
      return;
    }
    this.#last = now;
    const behind = this.#target.length - this.#shown;
    const share = (behind * elapsed) / (this.#finished ? CATCH_UP_MS / 2 : CATCH_UP_MS);
    this.#shown += Math.min(behind, Math.max(1, Math.ceil(Math.max(share, (SLOWEST * elapsed) / 1000))));
    if (isHighSurrogate(this.#target, this.#shown - 1)) this.#shown += 1;
    const done = this.#shown >= this.#target.length;
    this.#request = done ? 0 : requestAnimationFrame((next) => this.#step(next));
    this.#draw(this.#target.slice(0, this.#shown), !(done && this.#finished));
  }
}

/**
 * @param {string} a
 * @param {string} b
 */
function commonLength(a, b) {
  if (b.startsWith(a)) return a.length;
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return isHighSurrogate(b, length - 1) ? length - 1 : length;
}

/**
 * @param {string} text
 * @param {number} at
 */
function isHighSurrogate(text, at) {
  const code = text.charCodeAt(at);
  return code >= 0xd800 && code <= 0xdbff;
}
