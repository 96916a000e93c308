/** Where the daemon listens. */

/**
 * @typedef {object} Endpoint
 * @property {{path: string} | {host: string, port: number}} connect For `net.connect`.
 * @property {string} name For people: the path or the address.
 * @property {string | undefined} token Sent in the first frame.
 */

/** How to get out of a wrong or missing setting. */
const HOW = "run `wecom openclaw setup`, or set plugins.entries.wecom.config.socket";

/**
 * Reads the plugin's configuration.
 *
 * @param {{socket?: unknown, token?: unknown} | undefined} config
 * @returns {Endpoint}
 * @throws {Error} With what to do, when it does not name a place.
 */
export function readEndpoint(config) {
  const socket = typeof config?.socket === "string" ? config.socket.trim() : "";
  const token = typeof config?.token === "string" && config.token ? config.token : undefined;
  if (socket === "") {
    throw new Error(`the wecom daemon's socket is not configured: ${HOW}`);
  }
  if (!socket.includes("://")) {
    return { connect: { path: socket }, name: socket, token };
  }
  const url = URL.canParse(socket) ? new URL(socket) : undefined;
  if (url?.protocol === "unix:") {
    return { connect: { path: decodeURIComponent(url.pathname) }, name: url.pathname, token };
  }
  const port = Number(url?.port);
  if (url?.protocol !== "tcp:" || !url.hostname || !port) {
    throw new Error(`${socket} is neither a path nor tcp://HOST:PORT: ${HOW}`);
  }
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return { connect: { host, port }, name: `tcp://${url.host}`, token };
}
