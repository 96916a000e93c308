/** The turns of this process, and what becomes of them when the link is lost. */

import { Turn } from "./turn.js";

/** A run without the daemon is stopped after this time: nobody reads it any more. */
const ORPHANED_MS = 20_000;
/** After a new link the daemon says within this time which turns it goes on with. */
const RESUME_MS = 10_000;
/** How long an ended turn is remembered, in case its last words were lost. */
const REMEMBERED_MS = 15_000;
/** A turn that was stopped is waited for so long before another one of its chat begins. */
const ENDING_MS = 15_000;
/** Messages that are remembered as handed to OpenClaw. OpenClaw itself keeps 5,000. */
const MAX_HANDED = 10_000;
/** More running turns than any daemon asks for at once. */
const MAX_TURNS = 2_048;

export class Turns {
  #link;
  #run;
  /** @type {Map<string, Turn>} */
  #turns = new Map();
  /** @type {Set<string>} Messages that OpenClaw had from this process, the oldest first. */
  #handed = new Set();
  /** @type {Set<Turn>} Turns that wait for the daemon's word after a loss. */
  #suspended = new Set();
  /** @type {NodeJS.Timeout | undefined} */
  #patience;
  /** Runs that have not ended. @type {Map<Turn, Promise<void>>} */
  #runs = new Map();

  /**
   * @param {import("./link.js").Link} link
   * @param {(turn: Turn) => Promise<void>} run Works the turn; what it throws fails it.
   */
  constructor(link, run) {
    this.#link = link;
    this.#run = run;
    link.on("frame:turn", (request) => this.#begin(request));
    link.on("frame:turn.cancel", ({ turn, reason }) => this.#turns.get(turn)?.cancel(reason));
    link.on("frame:turn.delivered", ({ turn, n }) => this.#turns.get(turn)?.delivered(n));
    link.on("frame:turns.ask", ({ id }) => this.#tell(id));
    link.on("frame:turns.resume", ({ turns }) => this.#resume(turns ?? []));
    link.on("drain", () => this.#turns.forEach((turn) => turn.flush()));
    link.on("down", () => this.#suspend());
    link.on("up", () => this.#waitFor(RESUME_MS));
  }

  #begin(/** @type {import("./turn.js").TurnRequest} */ request) {
    this.#link.send({ t: "turn.ack", turn: request.turn });
    if (this.#turns.has(request.turn)) {
      // It was asked twice: it runs already.
      return;
    }
    const turn = new Turn(request, this.#link, this.#messageId(request));
    if (this.#turns.size >= MAX_TURNS) {
      turn.fail(new Error("the gateway has too many turns"), "busy");
      return;
    }
    this.#turns.set(request.turn, turn);
    const run = this.#afterOthers(turn).then(() => this.#run(turn));
    this.#runs.set(turn, run.catch(() => {}));
    run
      .then(() => turn.done())
      .catch((error) => (turn.signal.aborted ? turn.done() : turn.fail(error)))
      .finally(() => {
        this.#runs.delete(turn);
        setTimeout(() => this.#forget(turn), REMEMBERED_MS).unref();
      });
  }

  /**
   * OpenClaw takes a conversation's next run ill while one that was aborted is being put away.
   *
   * @param {Turn} turn
   */
  async #afterOthers(turn) {
    const ending = [...this.#runs].filter(([other]) => other.signal.aborted && other.isBeside(turn));
    if (ending.length > 0) {
      const all = Promise.all(ending.map(([, end]) => end));
      await Promise.race([all, new Promise((resolve) => setTimeout(resolve, ENDING_MS).unref())]);
    }
  }

  /**
   * OpenClaw takes no message twice, by its id. What this process handed over before (the daemon
   * was restarted amid its turn, or a session was begun anew for it) needs an id of its own. After
   * a restart of the gateway it keeps its id: OpenClaw may go on with it by itself.
   */
  #messageId(/** @type {import("./turn.js").TurnRequest} */ { msg, turn }) {
    if (this.#handed.has(msg)) {
      return `${msg}#${turn}`;
    }
    this.#handed.add(msg);
    if (this.#handed.size > MAX_HANDED) {
      const [oldest] = this.#handed;
      this.#handed.delete(oldest);
    }
    return msg;
  }

  #forget(/** @type {Turn} */ turn) {
    this.#suspended.delete(turn);
    if (this.#turns.get(turn.request.turn) === turn) {
      this.#turns.delete(turn.request.turn);
    }
  }

  #tell(/** @type {string} */ id) {
    const turns = [...this.#turns.values()].map((turn) => turn.known);
    this.#link.send({ t: "turns.known", id, turns });
  }

  #suspend() {
    for (const turn of this.#turns.values()) {
      turn.suspend();
      this.#suspended.add(turn);
    }
    this.#waitFor(ORPHANED_MS);
  }

  #resume(/** @type {{turn: string, n: number}[]} */ turns) {
    for (const { turn: id, n } of turns) {
      const turn = this.#turns.get(id);
      if (turn) {
        this.#suspended.delete(turn);
        turn.resume(n);
      }
    }
    this.#giveUp();
  }

  #waitFor(/** @type {number} */ ms) {
    clearTimeout(this.#patience);
    if (this.#suspended.size > 0) {
      this.#patience = setTimeout(() => this.#giveUp(), ms);
      this.#patience.unref();
    }
  }

  /** Stops what the daemon does not go on with. */
  #giveUp() {
    clearTimeout(this.#patience);
    for (const turn of this.#suspended) {
      turn.cancel("the wecom daemon does not go on with it");
      this.#turns.delete(turn.request.turn);
    }
    this.#suspended.clear();
  }
}
