/**
 * Pairing in OpenClaw's own store, so that `openclaw pairing list wecom` and `approve` work.
 *
 * The commands run in processes of their own, which have no link. So the gateway looks from
 * time to time who was approved: often while somebody waits, else now and then.
 */

import { CHANNEL } from "./names.js";

const LOOK_OFTEN_MS = 3_000;
const LOOK_SELDOM_MS = 60_000;
/** How long OpenClaw keeps a code. */
const WAITING_MS = 60 * 60_000;

/** Of one account; lives as long as the account runs. */
export class Pairing {
  #account;
  #cr;
  #link;
  #log;
  /** Until when somebody waits for an approval. */
  #waitsUntil = 0;
  /** What the daemon was told last. */
  #told = "";
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  #isStopped = false;

  /**
   * @param {{account: string, cr: any, link: import("./link.js").Link, log: any}} options
   */
  constructor({ account, cr, link, log }) {
    this.#account = account;
    this.#cr = cr;
    this.#link = link;
    this.#log = log;
  }

  /** Makes a code, or gives the one that there is. */
  async request(/** @type {string} */ user, /** @type {string=} */ name) {
    const { code, created } = await this.#cr.pairing.upsertPairingRequest({
      channel: CHANNEL,
      accountId: this.#account,
      id: user,
      meta: name ? { name } : undefined,
    });
    this.#waitsUntil = Date.now() + WAITING_MS;
    this.#schedule();
    return { code, created };
  }

  /** Who is approved. @returns {Promise<string[]>} */
  async users() {
    const store = { channel: CHANNEL, accountId: this.#account };
    return (await this.#cr.pairing.readAllowFromStore(store)).map(String);
  }

  /** Tells the daemon who is approved, and again whenever that changes. */
  async start() {
    this.#told = "";
    await this.look();
  }

  stop() {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  /** Tells the daemon who is approved, if it does not know. */
  async look() {
    try {
      const users = await this.users();
      const told = JSON.stringify(users);
      if (told !== this.#told && this.#link.isUp && !this.#isStopped) {
        this.#link.send({ t: "pairing.allowed", account: this.#account, users });
        this.#told = told;
      }
    } catch (error) {
      this.#log.warn(`cannot read who is approved: ${error}`);
    }
    this.#schedule();
  }

  #schedule() {
    clearTimeout(this.#timer);
    if (!this.#isStopped) {
      const isAwaited = Date.now() < this.#waitsUntil;
      this.#timer = setTimeout(() => this.look(), isAwaited ? LOOK_OFTEN_MS : LOOK_SELDOM_MS);
      this.#timer.unref();
    }
  }
}
