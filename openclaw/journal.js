/**
 * The events of one turn on their way to the daemon. What was sent is kept while it may have
 * been lost with the connection, so that a short loss costs nothing.
 */

import { encodeCut } from "./lines.js";

/** Events that are kept besides deliveries: texts of messages, tools, marks. */
const MAX_PASSING = 64;
/** A model says more words a second than anybody reads: texts go out once in this time. */
const MERGE_MS = 40;
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
  /** When a text was sent last. */
  #textAt = 0;
  /** @type {NodeJS.Timeout | undefined} */
  #later;
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
    if (kind === "deliver" && this.#lasting() >= MAX_DELIVERIES) {
      throw new Error("the turn delivers without end");
    }
    this.#merge(kind);
    this.#last += 1;
    this.#kept.push({ n: this.#last, kind, ...body });
    this.#bound();
    const since = Date.now() - this.#textAt;
    if (kind === "partial" && since < MERGE_MS) {
      this.#later ??= setTimeout(() => this.flush(), MERGE_MS - since);
    } else {
      this.flush();
    }
    return this.#last;
  }

  /** Sends what was not sent. */
  flush() {
    clearTimeout(this.#later);
    this.#later = undefined;
    for (const event of this.#kept) {
      const isOpen = this.#isLive && this.#link.isUp && !this.#link.isCongested;
      if (!isOpen) {
        return;
      }
      if (event.n > this.#sent) {
        this.#link.sendLine(this.#line(event));
        this.#sent = event.n;
        this.#textAt = event.kind === "partial" ? Date.now() : this.#textAt;
      }
    }
  }

  #line(/** @type {TurnEvent} */ event) {
    const head = { t: "turn.event", turn: this.#turn };
    try {
      return encodeCut({ ...head, ...event });
    } catch {
      // What cannot be said at any length is said to be there.
      return encodeCut({ ...head, n: event.n, kind: event.kind, deliver: "final", error: true });
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
    if (this.#kept.length - this.#lasting() > MAX_PASSING) {
      const oldest = this.#kept.find((event) => !LASTING.has(event.kind));
      this.#kept = this.#kept.filter((event) => event !== oldest);
    }
  }

  #lasting() {
    return this.#kept.filter((event) => LASTING.has(event.kind)).length;
  }
}

/** Events that must not be lost. */
const LASTING = new Set(["deliver", "done", "error"]);
