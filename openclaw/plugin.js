/** The plugin as OpenClaw loads it. */

import { createChannel } from "./channel.js";
import { readEndpoint } from "./endpoint.js";
import { PREFIXES, pipe } from "./http.js";
import { LinkError } from "./link.js";
import { CHANNEL } from "./names.js";
import { Service } from "./service.js";
import { shared } from "./shared.js";
import { toolFactory } from "./tool.js";

/** The shape of `plugins.entries.wecom.config`. */
const CONFIG_SCHEMA = {
  type: "object",
  additionalProperties: false,
  properties: { socket: { type: "string" }, token: { type: "string" } },
};

/**
 * @param {{version: string, tool: {name: string, label: string, description: string, parameters: object}}} spec
 *   The daemon's version and its tool.
 */
export function createPlugin({ version, tool }) {
  return {
    id: CHANNEL,
    name: "WeCom",
    description: "Connects this gateway to the wecom daemon, which owns the WeCom connections.",
    configSchema: CONFIG_SCHEMA,

    /**
     * Opens nothing: the file is also loaded by commands and to look at it. The link is dialled
     * when the gateway starts the first account.
     */
    register(/** @type {any} */ api) {
      /** @type {Service | undefined} Kept: a run of an older load must not take the link back. */
      let own;
      const service = () => {
        if (!own) {
          const endpoint = readEndpoint(api.pluginConfig);
          const options = { endpoint, plugin: version, runtime: api.runtime, log: api.logger };
          own = shared(options, () => new Service(options));
        }
        return own;
      };
      const link = () => {
        try {
          return service().link;
        } catch (error) {
          throw new LinkError(error instanceof Error ? error.message : String(error), false);
        }
      };
      if (api.registrationMode !== "tool-discovery") {
        const plugin = createChannel({
          link,
          channelRuntime: () => api.runtime.channel,
          startAccount: (ctx) => {
            const running = service();
            running.adopt(api);
            return running.lives.run(ctx, ctx.channelRuntime ?? api.runtime.channel);
          },
        });
        api.registerChannel({ plugin });
      }
      api.registerTool(toolFactory(tool, link), { name: tool.name });
      for (const path of PREFIXES) {
        api.registerHttpRoute?.({ path, match: "prefix", auth: "plugin", handler: pipe(link) });
      }
    },
  };
}
