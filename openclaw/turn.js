/** One turn: what OpenClaw says while it runs, told to the daemon. */

import { fileURLToPath } from "node:url";

import { Journal } from "./journal.js";

/** A delivery goes on without the daemon's word after this time. */
const DELIVERED_MS = 10_000;
/** Of an error's text. */
const MAX_MESSAGE = 500;

/**
 * @typedef {object} TurnRequest What the daemon asks.
 * @property {string} turn
 * @property {string} account
 * @property {{kind: "direct" | "group", id: string, label?: string}} chat
 * @property {{id: string, name?: string}} sender
 * @property {string} msg
 * @property {string} text
 * @property {string | {text?: string}} [quote]
 * @property {{path: string, mime?: string, name?: string, kind?: string}[]} [media]
 * @property {string} [system]
 * @property {string} [agent]
 * @property {string} [session]
 * @property {boolean} [command]
 * @property {boolean} [resumed]
 */

export class Turn {
  #journal;
  #abort = new AbortController();
  /** @type {Map<number, () => void>} Deliveries that wait, by number. */
  #waiting = new Map();
  #isEnded = false;
  /** Whether OpenClaw did anything with the message. */
  #isWorked = false;

  /**
   * @param {TurnRequest} request
   * @param {import("./link.js").Link} link
   * @param {string} messageId What OpenClaw knows the message by.
   */
  constructor(request, link, messageId) {
    this.request = request;
    this.messageId = messageId;
    this.#journal = new Journal(request.turn, link);
  }

  /** Aborts the run. */
  get signal() {
    return this.#abort.signal;
  }

  /** Whether its last event was told. */
  get isEnded() {
    return this.#isEnded;
  }

  /** For the daemon's question what still runs. */
  get known() {
    return { turn: this.request.turn, n: this.#journal.last };
  }

  /** Whether another turn is of the same chat. */
  isBeside(/** @type {Turn} */ { request: { account, chat } }) {
    const own = this.request;
    return own.account === account && own.chat.kind === chat.kind && own.chat.id === chat.id;
  }

  /** Stops the run; the turn still ends with `done`. */
  cancel(/** @type {string} */ reason) {
    this.#abort.abort(new Error(`the turn was cancelled: ${reason}`));
  }

  suspend() {
    this.#journal.suspend();
  }

  resume(/** @type {number} */ seen) {
    this.#journal.resume(seen);
  }

  flush() {
    this.#journal.flush();
  }

  /** The daemon has the delivery `n`. */
  delivered(/** @type {number} */ n) {
    this.#journal.delivered(n);
    this.#waiting.get(n)?.();
  }

  /** How far OpenClaw is: the options of a reply, on every version that knows them. */
  replyOptions() {
    const tell = (/** @type {string} */ kind, /** @type {object=} */ body) => {
      if (!this.#isEnded && !this.signal.aborted) {
        this.#journal.push(kind, body);
      }
    };
    return {
      disableBlockStreaming: true,
      sourceReplyDeliveryMode: "automatic",
      streamReasoningInNonStreamModes: true,
      allowToolLifecycleWhenProgressHidden: true,
      suppressDefaultToolProgressMessages: true,
      abortSignal: this.signal,
      onAgentRunStart: (/** @type {string} */ run) => {
        this.#isWorked = true;
        tell("run", { run });
      },
      onAssistantMessageStart: () => tell("message"),
      onPartialReply: (/** @type {{text?: string}} */ { text }) => text && tell("partial", { text }),
      onReasoningStream: () => tell("reasoning"),
      onToolStart: (/** @type {{name?: string, phase?: string}} */ { name, phase }) => {
        // Updates of a tool that runs are told as well; they are of no use here.
        if (name && (phase === undefined || phase === "start")) {
          tell("tool", { name, phase: "start" });
        }
      },
      onItemEvent: (/** @type {Record<string, any>} */ item) => {
        if (item.kind === "tool" && item.name && item.phase === "end") {
          tell("tool", { name: item.name, phase: "end", ok: item.status !== "failed" });
        }
      },
    };
  }

  /**
   * Hands something that the member shall see to the daemon.
   *
   * @param {Record<string, any>} payload
   * @param {{kind?: string}} [info]
   */
  async deliver(payload, info) {
    const media = mediaOf(payload);
    const text = payload.text || undefined;
    if (this.#isEnded || (!text && media.length === 0)) {
      return { visibleReplySent: false };
    }
    this.#isWorked = true;
    const n = this.#journal.push("deliver", {
      deliver: info?.kind ?? "final",
      text,
      media,
      error: payload.isError === true,
      notice: payload.isStatusNotice === true,
      replyTo: payload.replyToId || undefined,
    });
    await this.#taken(n);
    return { messageIds: [`${this.request.turn}/${n}`], visibleReplySent: true };
  }

  /** The turn is over; only the first call counts. */
  done() {
    this.#end("done");
  }

  /**
   * The turn is over for a host that may go on by itself, and sends what comes of it as messages
   * of its own: the message waits for another run of its session, or it was interrupted by a
   * restart and is taken for one that the host has already.
   *
   * @param {boolean} isDeferred Whether it waits for another run.
   */
  doneOrElsewhere(isDeferred) {
    const mayBe = isDeferred || this.request.resumed === true;
    const elsewhere = mayBe && !this.#isWorked && !this.signal.aborted;
    this.#end("done", elsewhere ? { elsewhere } : undefined);
  }

  /**
   * The turn failed.
   *
   * @param {unknown} error
   * @param {string} [cause] One of the protocol's classes.
   */
  fail(error, cause = classOf(error)) {
    const message = error instanceof Error ? error.message : String(error);
    this.#end("error", { message: message.slice(0, MAX_MESSAGE), class: cause });
  }

  #end(/** @type {string} */ kind, /** @type {object=} */ body) {
    if (!this.#isEnded) {
      this.#isEnded = true;
      this.#journal.push(kind, body);
    }
  }

  #taken(/** @type {number} */ n) {
    return new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
      const settle = () => {
        clearTimeout(timer);
        this.#waiting.delete(n);
        resolve();
      };
      const timer = setTimeout(settle, DELIVERED_MS);
      this.#waiting.set(n, settle);
    });
  }
}

/** The files of a payload, under the names that the agent gave them. */
function mediaOf(/** @type {Record<string, any>} */ payload) {
  const places = payload.mediaUrls?.length ? payload.mediaUrls : [payload.mediaUrl];
  return places.filter(Boolean).map((/** @type {string} */ place, /** @type {number} */ index) => ({
    ...placeOf(place),
    name: payload.attachments?.[index]?.name,
  }));
}

/** An address on the net, or a path. */
function placeOf(/** @type {string} */ place) {
  if (/^https?:/i.test(place)) {
    return { url: place };
  }
  return { path: /^file:/i.test(place) ? fileURLToPath(place) : place };
}

/** What kind of failure it is, as far as OpenClaw's words tell. */
function classOf(/** @type {unknown} */ error) {
  const text = String(error instanceof Error ? `${error.name} ${error.message}` : error);
  for (const [cause, pattern] of CLASSES) {
    if (pattern.test(text)) {
      return cause;
    }
  }
  return "broken";
}

/** @type {[string, RegExp][]} */
const CLASSES = [
  ["timeout", /timed? ?out|timeout/i],
  ["toolong", /context (window|length|overflow)|too (long|large)/i],
  ["busy", /overload|rate.?limit|too many|draining|shutting down|restart/i],
  ["unreachable", /ECONN|ENOTFOUND|EHOSTUNREACH|fetch failed|network/i],
  ["refused", /not authorized|unauthorized|forbidden|refused|denied/i],
];
