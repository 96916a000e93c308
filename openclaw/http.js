/**
 * Addresses that WeCom calls on the gateway's port, piped to the daemon's own.
 */

import http from "node:http";

/** Prefixes that may stand in WeCom's settings. */
export const PREFIXES = ["/plugins/wecom", "/wecom"];

/** The daemon answers within this time: WeCom waits 5 s. */
const ANSWER_MS = 10_000;

/** Headers that belong to one connection. */
const OF_CONNECTION = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Handles a request to one of the prefixes.
 *
 * @param {() => import("./link.js").Link} link
 * @returns {(request: http.IncomingMessage, response: http.ServerResponse) => Promise<boolean>}
 */
export function pipe(link) {
  return (request, response) =>
    new Promise((resolve) => {
      const end = () => resolve(true);
      response.on("close", end);
      const target = targetOf(addressOf(link), request.url);
      if (!target) {
        refuse(response, request, 502);
        return;
      }
      const onward = http.request(target, {
        method: request.method,
        headers: { ...passed(request.headers), host: target.host, ...seenFrom(request) },
      });
      onward.setTimeout(ANSWER_MS, () => onward.destroy(new Error("the daemon was silent")));
      onward.on("response", (answer) => {
        response.writeHead(answer.statusCode ?? 502, passed(answer.headers));
        answer.pipe(response);
        answer.on("error", () => response.destroy());
      });
      onward.on("error", () => {
        if (response.headersSent) {
          response.destroy();
        } else {
          refuse(response, request, 502);
        }
      });
      response.on("close", () => onward.destroy());
      request.pipe(onward);
    });
}

/** Where the daemon is called, if it is there. */
function addressOf(/** @type {() => import("./link.js").Link} */ link) {
  try {
    return link().welcome?.http;
  } catch {
    // The plugin is not configured.
    return undefined;
  }
}

/** The same path at the daemon's address. */
function targetOf(/** @type {unknown} */ base, /** @type {string | undefined} */ path) {
  if (typeof base !== "string" || !URL.canParse(base)) {
    return undefined;
  }
  const target = new URL(base);
  const asked = new URL(path ?? "/", "http://gateway");
  target.pathname = asked.pathname;
  target.search = asked.search;
  return target;
}

function passed(/** @type {http.IncomingHttpHeaders} */ headers) {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_CONNECTION.has(name)));
}

/** Who called, for rules about addresses. */
function seenFrom(/** @type {http.IncomingMessage} */ request) {
  const chain = [request.headers["x-forwarded-for"], request.socket.remoteAddress];
  return { "x-forwarded-for": chain.filter(Boolean).join(", ") };
}

function refuse(
  /** @type {http.ServerResponse} */ response,
  /** @type {http.IncomingMessage} */ request,
  /** @type {number} */ status,
) {
  request.resume();
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" });
  response.end("the wecom daemon is not there\n");
}
