/**
 * The events of one turn on their way to the daemon. What was sent is kept while it may have
 * been lost with the connection, so that a short loss costs nothing.
 */

import { encodeCut } from "./lines.js";

/** Events that are kept besides deliveries: texts of messages, tools, marks. */
const MAX_PASSING = 64;
/** Deliveries of one turn that are kept; more is an agent that runs wild. */
const MAX_DELIVERIES = 1_000;

/**
 * @typedef {object} TurnEvent
 * @property {number} n
 * @property {string} kind
 * @property {string} [text]
 */

export class Journal {
  #turn;
  #link;
  /** @type {TurnEvent[]} In the order of their numbers. */
  #kept = [];
  /** Number of the last event. */
  #last = 0;
  /** Number of the last event that was sent over this connection or seen by the daemon. */
  #sent = 0;
  /** Whether the daemon knows this turn over the present connection. */
  #isLive = true;

  /**
   * @param {string} turn
   * @param {import("./link.js").Link} link
   */
  constructor(turn, link) {
    this.#turn = turn;
    this.#link = link;
  }

  /** Number of the last event. */
  get last() {
    return this.#last;
  }

  /**
   * Adds an event and sends what can be sent.
   *
   * @param {string} kind
   * @param {object} [body]
   * @returns {number} Its number.
   * @throws {Error} The turn delivers without end.
   */
  push(kind, body = {}) {
    this.#merge(kind);
    this.#last += 1;
    this.#kept.push({ n: this.#last, kind, ...body });
    this.#bound();
    this.flush();
    return this.#last;
  }

  /** Sends what was not sent. */
  flush() {
    for (const event of this.#kept) {
      const isOpen = this.#isLive && this.#link.isUp && !this.#link.isCongested;
      if (!isOpen) {
        return;
      }
      if (event.n > this.#sent) {
        this.#link.sendLine(encodeCut({ t: "turn.event", turn: this.#turn, ...event }));
        this.#sent = event.n;
      }
    }
  }

  /** The connection is lost: nothing is sent before {@link resume}. */
  suspend() {
    this.#isLive = false;
  }

  /** The daemon goes on with this turn and has seen its events up to `seen`. */
  resume(/** @type {number} */ seen) {
    this.#isLive = true;
    this.#sent = seen;
    this.#kept = this.#kept.filter((event) => event.n > seen);
    this.flush();
  }

  /** The daemon has the delivery `n`. */
  delivered(/** @type {number} */ n) {
    this.#kept = this.#kept.filter((event) => event.n !== n);
  }

  /** A newer state takes the place of an older one of the same kind. */
  #merge(/** @type {string} */ kind) {
    if (kind !== "partial" && kind !== "reasoning") {
      return;
    }
    const begin = this.#kept.findLastIndex((event) => event.kind === "message");
    this.#kept = this.#kept.filter((event, index) => index <= begin || event.kind !== kind);
  }

  #bound() {
    const isPassing = (/** @type {TurnEvent} */ event) => !LASTING.has(event.kind);
    const passing = this.#kept.filter(isPassing);
    if (passing.length > MAX_PASSING) {
      const [oldest] = passing;
      this.#kept = this.#kept.filter((event) => event !== oldest);
    } else if (this.#kept.length - passing.length > MAX_DELIVERIES) {
      throw new Error("the turn delivers without end");
    }
  }
}

/** Events that must not be lost. */
const LASTING = new Set(["deliver", "done", "error"]);
