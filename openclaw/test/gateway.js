/** OpenClaw's end of the plugin, for tests: it keeps what is registered and scripts turns. */

import { createPlugin } from "../plugin.js";

export const TOOL = {
  name: "wecom_mcp",
  label: "WeCom",
  description: "for tests",
  parameters: { type: "object" },
};

/** How a turn goes: says what it likes through the callbacks. @typedef {(call: any) => Promise<any>} Script */

export class FakeGateway {
  /** @type {any} */ channel;
  /** @type {any} */ tool;
  /** @type {any[]} */ routes = [];
  /** @type {any[]} */ statuses = [];
  /** @type {any[]} */ calls = [];
  /** @type {string[]} */ log = [];
  /** @type {string[]} */ allowed = [];
  cfg = { channels: { wecom: { enabled: true, botId: "b", secret: "s" } }, agents: {} };
  stop = new AbortController();

  /**
   * @param {object} options
   * @param {string} [options.socket]
   * @param {string} [options.mode] `registrationMode`.
   * @param {boolean} [options.isOld] Only has the older way in.
   * @param {Script} [options.script]
   */
  constructor({ socket, mode = "full", isOld = false, script = async () => {} }) {
    this.script = script;
    const note = (/** @type {string} */ line) => this.log.push(line);
    const logger = { info: note, warn: note, error: note };
    this.logger = logger;
    const config = {
      current: () => this.cfg,
      mutateConfigFile: async (/** @type {any} */ { mutate }) => mutate(this.cfg),
    };
    const runtime = { version: "2026.9.6", config, channel: this.#functions(isOld) };
    this.api = {
      pluginConfig: socket === undefined ? undefined : { socket },
      runtime,
      logger,
      registrationMode: mode,
      registerChannel: (/** @type {any} */ { plugin }) => (this.channel = plugin),
      registerTool: (/** @type {any} */ factory) => (this.tool = factory),
      registerHttpRoute: (/** @type {any} */ route) => this.routes.push(route),
    };
    // A version of its own keeps the links of tests apart.
    createPlugin({ version: `test-${(FakeGateway.count += 1)}`, tool: TOOL }).register(this.api);
  }

  static count = 0;

  /** Starts the account as the gateway does; the promise ends with the account. */
  start(accountId = "default") {
    this.running = this.channel.gateway.startAccount({
      cfg: this.cfg,
      accountId,
      account: this.channel.config.resolveAccount(this.cfg, accountId),
      abortSignal: this.stop.signal,
      log: this.logger,
      setStatus: (/** @type {any} */ patch) => this.statuses.push(patch),
    });
    return this.running;
  }

  async end() {
    this.stop.abort();
    await this.running;
    /** @type {any} */ (globalThis)[Symbol.for("wecom.openclaw.link")]?.service.link.close();
  }

  #functions(/** @type {boolean} */ isOld) {
    const key = (/** @type {any} */ { agentId, accountId, peer }) =>
      `agent:${agentId}:wecom:${accountId}:${peer.kind}:${peer.id.toLowerCase()}`;
    const run = async (/** @type {any} */ call) => {
      this.calls.push(call);
      return this.script(call);
    };
    const newer = {
      ingress: { resolveStable: async (/** @type {any} */ facts) => ({ facts }) },
      buildContext: (/** @type {any} */ facts) => facts,
      dispatch: run,
    };
    return {
      routing: {
        resolveAgentRoute: (/** @type {any} */ query) => ({
          agentId: "main",
          dmScope: query.dmScope,
          mainSessionKey: "agent:main:main",
          sessionKey: key({ agentId: "main", ...query }),
        }),
        buildAgentSessionKey: key,
      },
      inbound: isOld ? undefined : newer,
      reply: {
        finalizeInboundContext: (/** @type {any} */ ctx) => ctx,
        dispatchReplyWithBufferedBlockDispatcher: (/** @type {any} */ { ctx, dispatcherOptions, replyOptions }) =>
          run({ ctxPayload: ctx, delivery: dispatcherOptions, replyOptions }),
      },
      session: { resolveStorePath: () => "store", recordInboundSession: async () => {} },
      pairing: {
        upsertPairingRequest: async () => ({ code: "ABCD1234", created: true }),
        readAllowFromStore: async () => this.allowed,
      },
    };
  }
}

/** A message of a member, as the daemon hands it over. */
export function message(/** @type {string} */ turn, /** @type {object} */ more = {}) {
  return {
    t: "turn",
    turn,
    account: "default",
    chat: { kind: "direct", id: "ZhangSan" },
    sender: { id: "ZhangSan", name: "张三" },
    msg: `msg-${turn}`,
    text: "hello",
    media: [],
    command: false,
    resumed: false,
    ...more,
  };
}

/** A promise and what settles it. */
export function gate() {
  /** @type {any} */ let open;
  const opened = new Promise((resolve) => (open = resolve));
  return { opened, open };
}
