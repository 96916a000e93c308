/** An account while OpenClaw runs it. */

import { Pairing } from "./pairing.js";

/**
 * @typedef {object} StartContext What OpenClaw hands over, of which this is used.
 * @property {string} accountId
 * @property {import("./accounts.js").Account} account
 * @property {any} cfg
 * @property {AbortSignal} abortSignal
 * @property {any} log
 * @property {(patch: object) => void} setStatus
 * @property {any} [channelRuntime]
 */

/** The accounts that run, by id. */
export class Lives {
  /** @type {Map<string, Life>} */
  #lives = new Map();
  /** @type {Map<string, Set<(life: Life) => void>>} */
  #awaited = new Map();

  /** @param {import("./link.js").Link} link */
  constructor(link) {
    this.link = link;
    link.on("up", () => this.#lives.forEach((life) => life.announce()));
    link.on("down", (reason) => this.#lives.forEach((life) => life.unlinked(reason)));
    link.on("frame:account.status", (frame) => this.get(frame.account)?.status(frame));
  }

  /** @returns {Life | undefined} */
  get(/** @type {string} */ account) {
    return this.#lives.get(account);
  }

  /**
   * Runs an account until OpenClaw stops it.
   *
   * @param {StartContext} ctx
   * @param {any} cr
   */
  async run(ctx, cr) {
    const life = new Life(ctx, cr, this.link);
    this.#lives.set(ctx.accountId, life);
    this.link.open();
    life.begin();
    for (const tell of this.#awaited.get(ctx.accountId) ?? []) {
      tell(life);
    }
    try {
      await aborted(ctx.abortSignal);
    } finally {
      life.end();
      if (this.#lives.get(ctx.accountId) === life) {
        this.#lives.delete(ctx.accountId);
      }
    }
  }

  /**
   * The account, as soon as it runs: OpenClaw stops and starts it when its configuration
   * changes.
   *
   * @param {string} account
   * @param {number} ms
   * @returns {Promise<Life>}
   */
  async when(account, ms) {
    const life = this.get(account);
    if (life) {
      return life;
    }
    const awaited = this.#awaited.get(account) ?? new Set();
    this.#awaited.set(account, awaited);
    return new Promise((resolve, reject) => {
      const tell = (/** @type {Life=} */ life) => {
        clearTimeout(timer);
        awaited.delete(tell);
        if (life) {
          resolve(life);
        } else {
          reject(new Error(`OpenClaw does not run the account ${account}`));
        }
      };
      const timer = setTimeout(tell, ms);
      awaited.add(tell);
    });
  }
}

export class Life {
  #ctx;
  #link;

  /**
   * @param {StartContext} ctx
   * @param {any} cr
   * @param {import("./link.js").Link} link
   */
  constructor(ctx, cr, link) {
    this.#ctx = ctx;
    this.#link = link;
    this.cr = cr;
    this.pairing = new Pairing({ account: ctx.accountId, cr, link, log: ctx.log });
  }

  /** The configuration that the account was started with. */
  get cfg() {
    return this.#ctx.cfg;
  }

  get log() {
    return this.#ctx.log;
  }

  begin() {
    this.#set({ running: true, connected: false, lastStartAt: Date.now(), lastError: null });
    if (this.#link.isUp) {
      this.announce();
    } else {
      this.unlinked(this.#link.reason);
    }
  }

  end() {
    this.pairing.stop();
    if (this.#link.isUp) {
      this.#link.send({ t: "account.stop", account: this.#ctx.accountId });
    }
    this.#set({ running: false, connected: false, lastStopAt: Date.now() });
  }

  /** Tells the daemon that the account runs, over every new link. */
  announce() {
    const { accountId: account, account: resolved } = this.#ctx;
    this.#link.send({ t: "account.start", account, config: resolved.config });
    this.pairing.start();
  }

  /** The daemon says how the account is. */
  status(/** @type {Record<string, any>} */ { connected, error }) {
    const isConnected = connected === true;
    this.#set({
      running: true,
      connected: isConnected,
      lastError: error ?? null,
      ...(isConnected && { lastConnectedAt: Date.now() }),
    });
  }

  unlinked(/** @type {string} */ reason) {
    this.#set({ connected: false, lastError: reason });
  }

  heard() {
    this.#set({ lastInboundAt: Date.now() });
  }

  said() {
    this.#set({ lastOutboundAt: Date.now() });
  }

  #set(/** @type {object} */ patch) {
    this.#ctx.setStatus({ accountId: this.#ctx.accountId, ...patch });
  }
}

/** Resolves when the signal fires. @returns {Promise<void>} */
function aborted(/** @type {AbortSignal} */ signal) {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
    } else {
      signal.addEventListener("abort", () => resolve(), { once: true });
    }
  });
}
