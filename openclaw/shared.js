/**
 * What is one for the whole process. OpenClaw may load the plugin's files more than once; two
 * links of one process would push each other out.
 */

/**
 * @typedef {import("./service.js").Service} Service
 * @typedef {{name: string, token?: string, plugin: string, service: Service}} Shared
 */

const KEY = Symbol.for("wecom.openclaw.link");

/** @type {{[KEY]?: Shared}} */
const ofProcess = globalThis;

/**
 * The service of this process. Another address, or another version of these files, takes the
 * place of the one before, whose link is closed.
 *
 * @param {{endpoint: import("./endpoint.js").Endpoint, plugin: string}} wanted
 * @param {() => Service} make
 * @returns {Service}
 */
export function shared({ endpoint: { name, token }, plugin }, make) {
  const there = ofProcess[KEY];
  if (there && there.name === name && there.token === token && there.plugin === plugin) {
    return there.service;
  }
  there?.service.link.close();
  const service = make();
  ofProcess[KEY] = { name, token, plugin, service };
  return service;
}
