/** The tool `wecom_mcp`: carried out by the daemon, for the member whom the host names. */

/** A person may be asked before something destructive. */
const TOOL_MS = 15 * 60_000;

/** What the daemon is told of the call's surroundings; a model has no say in any of it. */
const TRUSTED = [
  "requesterSenderId",
  "senderIsOwner",
  "sessionKey",
  "agentId",
  "messageChannel",
  "agentAccountId",
  "deliveryContext",
  "nativeChannelId",
];

/**
 * The factory that OpenClaw calls for each run.
 *
 * @param {{name: string, label: string, description: string, parameters: object}} spec
 * @param {() => import("./link.js").Link} link
 */
export function toolFactory(spec, link) {
  return (/** @type {Record<string, any>} */ host) => {
    const known = TRUSTED.filter((key) => host?.[key] !== undefined);
    const ctx = Object.fromEntries(known.map((key) => [key, host[key]]));
    return {
      ...spec,
      async execute(/** @type {string} */ _call, /** @type {object} */ args, /** @type {AbortSignal=} */ signal) {
        try {
          const answer = await link().ask(
            { t: "tool", tool: spec.name, args: args ?? {}, ctx },
            { timeoutMs: TOOL_MS, signal, onAbort: (id) => ({ t: "tool.cancel", id }) },
          );
          return result(answer.content ?? [], answer.isError === true);
        } catch (error) {
          signal?.throwIfAborted();
          // A failure is an answer: the model can tell the member, or try again.
          return result([{ type: "text", text: failure(error) }], true);
        }
      },
    };
  };
}

function result(/** @type {object[]} */ content, /** @type {boolean} */ isError) {
  return { content, isError, details: { status: isError ? "failed" : "ok" } };
}

function failure(/** @type {any} */ error) {
  const message = error instanceof Error ? error.message : String(error);
  const retryable = error?.retryable === true;
  const next = retryable
    ? "Check with a read whether it was carried out, then try again once."
    : "Tell the member that it did not work.";
  const answer = { ok: false, error: { kind: "unavailable", message, retryable, next } };
  return JSON.stringify(answer, undefined, 2);
}
