/** The link with everything that answers over it. */

import { Agents } from "./agents.js";
import { runTurn } from "./inbound.js";
import { Lives } from "./life.js";
import { Link } from "./link.js";
import { Turns } from "./turns.js";

/** OpenClaw stops and starts an account within this time when its configuration changes. */
const RESTART_MS = 30_000;

export class Service {
  #log;

  /**
   * @param {{endpoint: import("./endpoint.js").Endpoint, plugin: string, runtime: any, log: any}} options
   */
  constructor({ endpoint, plugin, runtime, log }) {
    const link = new Link({ endpoint, plugin, openclaw: String(runtime.version ?? ""), log });
    this.link = link;
    this.#log = log;
    this.lives = new Lives(link);
    this.agents = new Agents(runtime.config);
    this.turns = new Turns(link, (turn) => this.#run(turn));
    this.#answer("pairing.request", "pairing.code", async ({ account, user, name }) => {
      const life = await this.lives.when(account, RESTART_MS);
      return life.pairing.request(user, name);
    });
    this.#answer("pairing.list", "pairing.allowed", async ({ account }) => {
      const life = await this.lives.when(account, RESTART_MS);
      return { account, users: await life.pairing.users() };
    });
    this.#answer("agent.ensure", "agent.ready", async ({ agent, workspace }) => {
      await this.agents.ensure(agent, workspace);
      return { ok: true };
    });
  }

  /** The plugin was loaded again: the host's functions are others now. */
  adopt(/** @type {{runtime: any}} */ { runtime }) {
    this.agents.config = runtime.config;
  }

  async #run(/** @type {import("./turn.js").Turn} */ turn) {
    const life = await this.lives.when(turn.request.account, RESTART_MS);
    turn.signal.throwIfAborted();
    life.heard();
    const host = { cr: life.cr, cfg: this.agents.current() ?? life.cfg, log: life.log };
    await runTurn(host, turn);
    life.said();
  }

  /**
   * Answers a question of the daemon.
   *
   * @param {string} question
   * @param {string} answer
   * @param {(frame: any) => Promise<object>} work
   */
  #answer(question, answer, work) {
    this.link.on(`frame:${question}`, async (frame) => {
      const body = await work(frame).catch((error) => ({
        ok: false,
        error: error instanceof Error ? error.message : String(error),
      }));
      try {
        this.link.send({ t: answer, id: frame.id, ...body });
      } catch (error) {
        this.#log.warn(`${question} was not answered: ${error}`);
      }
    });
  }
}
