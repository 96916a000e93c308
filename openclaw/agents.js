/**
 * Agents of OpenClaw that the daemon wants: a turn for one that is not in the configuration
 * fails, so it is written there first.
 */

/** OpenClaw applies a changed configuration by itself; this is how long it may take. */
const APPLIED_MS = 20_000;
const LOOK_MS = 100;
/** What OpenClaw takes for an agent's id. */
const ID = /^[a-z0-9][a-z0-9_-]{0,63}$/i;

/** Creates agents, one after the other. */
export class Agents {
  /** @type {Promise<unknown>} */
  #last = Promise.resolve();

  /** @param {any} config The host's `runtime.config`. */
  constructor(config) {
    this.config = config;
  }

  /**
   * Makes sure that the agent exists, with that workspace if it is new.
   *
   * @param {string} id
   * @param {string | undefined} workspace
   * @returns {Promise<void>}
   */
  ensure(id, workspace) {
    const made = this.#last.then(() => this.#ensure(id, workspace));
    this.#last = made.catch(() => undefined);
    return made;
  }

  /** The configuration as it is now. */
  current() {
    return this.config.current?.() ?? this.config.loadConfig();
  }

  async #ensure(/** @type {string} */ id, /** @type {string | undefined} */ workspace) {
    if (!ID.test(id)) {
      throw new Error(`${id} is no id that OpenClaw takes for an agent`);
    }
    if (this.#has(id)) {
      return;
    }
    await this.#write(id, workspace ? { workspace } : {});
    for (let waited = 0; !this.#has(id); waited += LOOK_MS) {
      if (waited >= APPLIED_MS) {
        throw new Error(`OpenClaw did not take up the new agent ${id} in time`);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  #has(/** @type {string} */ id) {
    const { entries, list } = this.current().agents ?? {};
    const ids = [...Object.keys(entries ?? {}), ...(list ?? []).map((/** @type {any} */ agent) => agent.id)];
    return ids.some((known) => known?.toLowerCase() === id.toLowerCase());
  }

  async #write(/** @type {string} */ id, /** @type {object} */ agent) {
    if (!this.config.mutateConfigFile) {
      const before = this.config.loadConfig();
      await this.config.writeConfigFile(withListed(before, id, agent));
      return;
    }
    await this.config.mutateConfigFile({
      afterWrite: { mode: "auto" },
      mutate(/** @type {any} */ draft) {
        draft.agents ??= {};
        if (Array.isArray(draft.agents.list) && !draft.agents.entries) {
          draft.agents.list.push({ id, ...agent });
        } else {
          draft.agents.entries ??= {};
          draft.agents.entries[id] = agent;
        }
      },
    });
  }
}

/** The form of older versions. */
function withListed(/** @type {any} */ cfg, /** @type {string} */ id, /** @type {object} */ agent) {
  const list = [...(cfg.agents?.list ?? []), { id, ...agent }];
  return { ...cfg, agents: { ...cfg.agents, list } };
}
