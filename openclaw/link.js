/**
 * The link to the daemon: one connection a gateway process, JSON lines, dialled again
 * whenever it is lost.
 */

import { EventEmitter } from "node:events";
import net from "node:net";

import { Decoder, encode } from "./lines.js";

/** The protocol that this file speaks. */
export const PROTO = 1;

const FIRST_DELAY_MS = 200;
const LAST_DELAY_MS = 5_000;
/** After another gateway took the place of this one. */
const REPLACED_DELAY_MS = 30_000;
/** After a refusal that only a person can put right. */
const REFUSED_DELAY_MS = 30_000;
/** The daemon answers the first frame within this time. */
const HELLO_MS = 5_000;
const PING_MS = 15_000;
/** Without any frame for this long the connection is dead. */
const SILENCE_MS = 45_000;
/** How long an answer is waited for. */
const ANSWER_MS = 30_000;
/** Questions that wait for an answer; more is a daemon that does not answer. */
const MAX_OPEN = 1_000;
/** Bytes that wait in the socket; more is a daemon that does not read. */
const MAX_UNSENT = 16 * 1024 * 1024;

/** There is no link, or the daemon refused. */
export class LinkError extends Error {
  /**
   * @param {string} message
   * @param {boolean} retryable Whether the same may work a little later.
   */
  constructor(message, retryable = true) {
    super(message);
    this.name = "LinkError";
    this.retryable = retryable;
  }
}

/**
 * @typedef {{t: string, id?: string, [key: string]: any}} Frame
 * @typedef {import("./endpoint.js").Endpoint} Endpoint
 * @typedef {{info(m: string): void, warn(m: string): void, error(m: string): void}} Logger
 */

/**
 * Events: `up` (the daemon said welcome), `down` (with the reason), `drain` (the daemon reads
 * again), `frame:<t>` (a frame that answers nothing).
 */
export class Link extends EventEmitter {
  #endpoint;
  #hello;
  #log;
  /** @type {net.Socket | undefined} */
  #socket;
  /** @type {NodeJS.Timeout | undefined} */
  #redial;
  #delay = FIRST_DELAY_MS;
  #wanted = false;
  #next = 1;
  /** @type {Map<string, {settle(frame?: Frame, error?: Error): void}>} */
  #open = new Map();
  /** @type {Set<string>} */
  #unknown = new Set();
  /** What the daemon said of itself; nothing while there is no link. @type {Frame | undefined} */
  welcome;
  /** Why there is no link. */
  reason = "the link to the wecom daemon is not open in this process";

  /**
   * @param {{endpoint: Endpoint, plugin: string, openclaw: string, log: Logger}} options
   */
  constructor({ endpoint, plugin, openclaw, log }) {
    super();
    this.setMaxListeners(0);
    this.#endpoint = endpoint;
    this.#hello = { t: "hello", proto: PROTO, plugin, openclaw, pid: process.pid, token: endpoint.token };
    this.#log = log;
  }

  /** Whether frames can be sent. */
  get isUp() {
    return this.welcome !== undefined;
  }

  /** Whether the daemon is slow to read: what can wait is kept back. */
  get isCongested() {
    return this.#socket?.writableNeedDrain === true;
  }

  /** Dials, and dials again, until {@link close}. */
  open() {
    if (!this.#wanted) {
      this.#wanted = true;
      this.reason = `the wecom daemon does not answer at ${this.#endpoint.name}`;
      this.#dial();
    }
  }

  /** Ends the link for good. */
  close() {
    this.#wanted = false;
    clearTimeout(this.#redial);
    this.#lost("the gateway closed the link");
  }

  /**
   * Sends a frame, or fails.
   *
   * @param {Frame} frame
   * @throws {LinkError} There is no link.
   * @throws {import("./lines.js").TooLongError}
   */
  send(frame) {
    this.sendLine(encode(frame));
  }

  /** Sends a line that was encoded already. */
  sendLine(/** @type {string} */ line) {
    this.requireUp();
    this.#write(line);
  }

  /** @throws {LinkError} There is no link. */
  requireUp() {
    if (!this.isUp) {
      throw new LinkError(this.reason);
    }
  }

  /**
   * Sends a question and waits for its answer, the frame with the same `id`.
   *
   * @param {Frame} frame Without `id`.
   * @param {{timeoutMs?: number, signal?: AbortSignal, onAbort?: (id: string) => Frame}} [options]
   *   `onAbort` makes the frame that takes the question back.
   * @returns {Promise<Frame>}
   */
  async ask(frame, { timeoutMs = ANSWER_MS, signal, onAbort } = {}) {
    signal?.throwIfAborted();
    if (this.#open.size >= MAX_OPEN) {
      throw new LinkError("the wecom daemon has too many unanswered questions");
    }
    const id = String(this.#next++);
    this.send({ ...frame, id });
    return new Promise((resolve, reject) => {
      const settle = (/** @type {Frame=} */ answer, /** @type {Error=} */ error) => {
        this.#open.delete(id);
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
        if (answer) {
          resolve(answer);
        } else {
          reject(error);
        }
      };
      const abort = () => {
        if (onAbort && this.isUp) {
          this.send(onAbort(id));
        }
        settle(undefined, signal?.reason);
      };
      const timer = setTimeout(() => {
        settle(undefined, new LinkError(`the wecom daemon did not answer ${frame.t} in time`));
      }, timeoutMs);
      this.#open.set(id, { settle });
      signal?.addEventListener("abort", abort);
    });
  }

  #dial() {
    const socket = net.connect(this.#endpoint.connect);
    const decoder = new Decoder();
    this.#socket = socket;
    socket.setNoDelay(true);
    const hello = setTimeout(() => this.#lost("the daemon said no welcome", socket), HELLO_MS);
    let heardAt = Date.now();
    const ping = setInterval(() => {
      if (Date.now() - heardAt >= SILENCE_MS) {
        this.#lost("the daemon was silent", socket);
      } else if (this.isUp) {
        this.#write(encode({ t: "ping" }));
      }
    }, PING_MS);
    socket.on("connect", () => this.#write(encode(this.#hello)));
    socket.on("drain", () => this.isUp && this.emit("drain"));
    socket.on("data", (chunk) => {
      heardAt = Date.now();
      try {
        for (const frame of decoder.take(chunk)) {
          if (this.#socket === socket) {
            clearTimeout(hello);
            this.#receive(frame);
          }
        }
      } catch (error) {
        this.#lost(message(error), socket);
      }
    });
    socket.on("error", (error) => this.#lost(message(error), socket));
    socket.on("close", () => {
      clearTimeout(hello);
      clearInterval(ping);
      this.#lost("the daemon closed the link", socket);
    });
  }

  #write(/** @type {string} */ line) {
    const socket = this.#socket;
    if (!socket) {
      return;
    }
    if (socket.writableLength > MAX_UNSENT) {
      this.#lost("the daemon does not read", socket);
    } else {
      socket.write(line);
    }
  }

  #receive(/** @type {Frame} */ frame) {
    switch (frame.t) {
      case "welcome":
        this.#welcomed(frame);
        break;
      case "bye":
        this.#refused(frame);
        break;
      case "ping":
        this.#write(encode({ t: "pong" }));
        break;
      case "pong":
        break;
      default:
        this.#pass(frame);
    }
  }

  #pass(/** @type {Frame} */ frame) {
    const asked = frame.id === undefined ? undefined : this.#open.get(frame.id);
    if (asked && ANSWERS.has(frame.t)) {
      asked.settle(frame);
    } else if (!ANSWERS.has(frame.t) && !this.emit(`frame:${frame.t}`, frame)) {
      if (this.#unknown.size < MAX_OPEN && !this.#unknown.has(frame.t)) {
        this.#unknown.add(frame.t);
        this.#log.warn(`the wecom daemon sends ${frame.t}, which this plugin does not know`);
      }
    }
  }

  #welcomed(/** @type {Frame} */ frame) {
    this.welcome = frame;
    this.reason = "";
    this.#delay = FIRST_DELAY_MS;
    this.#log.info(`linked with the wecom daemon ${frame.wecom} at ${this.#endpoint.name}`);
    this.emit("up");
  }

  #refused(/** @type {Frame} */ frame) {
    this.#delay = frame.reason === "replaced" ? REPLACED_DELAY_MS : REFUSED_DELAY_MS;
    this.#lost(`the wecom daemon refused the link (${frame.reason}): ${frame.message ?? ""}`);
  }

  /** The connection is gone; `socket` tells which, so that it is noticed once. */
  #lost(/** @type {string} */ reason, socket = this.#socket) {
    if (!socket || socket !== this.#socket) {
      return;
    }
    const wasUp = this.isUp;
    const isNews = wasUp || !this.reason.endsWith(reason);
    this.#socket = undefined;
    this.welcome = undefined;
    this.reason = `no link to the wecom daemon at ${this.#endpoint.name}: ${reason}`;
    socket.destroy();
    for (const { settle } of [...this.#open.values()]) {
      settle(undefined, new LinkError(this.reason));
    }
    if (this.#wanted) {
      // The same reason again and again is said once.
      if (isNews) {
        this.#log.warn(this.reason);
      }
      this.#redial = setTimeout(() => this.#dial(), this.#delay);
      this.#delay = Math.min(this.#delay * 2, LAST_DELAY_MS);
    }
    if (wasUp || isNews) {
      this.emit("down", this.reason);
    }
  }
}

/** Frames that answer a question. */
const ANSWERS = new Set(["out.result", "tool.result", "tools.specs"]);

function message(/** @type {unknown} */ error) {
  return error instanceof Error ? error.message : String(error);
}
