/** Messages of OpenClaw's own accord: cron, `openclaw message send`, the message tool. */

import { LinkError } from "./link.js";
import { CHANNEL } from "./names.js";

/** The daemon uploads files before it answers. */
const OUT_MS = 120_000;

/**
 * The channel's `outbound` part.
 *
 * @param {() => import("./link.js").Link} link
 */
export function outbound(link) {
  const send = async (/** @type {Record<string, any>} */ ctx) => {
    link().requireUp();
    // The host notes that from here on the message may be out.
    await ctx.onPlatformSendDispatch?.();
    const answer = await link().ask(
      {
        t: "out",
        account: ctx.accountId || undefined,
        to: ctx.to,
        text: ctx.text || undefined,
        media: ctx.mediaUrl || undefined,
        key: keyOf(ctx),
      },
      { timeoutMs: OUT_MS, signal: ctx.signal },
    );
    if (answer.ok !== true) {
      throw new LinkError(answer.error ?? "the wecom daemon refused", answer.retryable === true);
    }
    return { channel: CHANNEL, messageId: String(answer.message ?? ""), to: ctx.to };
  };
  return {
    // Every command asks the running gateway, so that there is one sender.
    deliveryMode: "gateway",
    // The daemon cuts, who knows how long a message may be.
    textChunkLimit: 20_000,
    chunker: null,
    chunkerMode: "markdown",
    sendText: send,
    sendMedia: send,
  };
}

/**
 * The channel's `message` part. With it newer hosts give every single message an id that stays
 * the same over all attempts. Asked whether a message that may be out went out, we say no: the
 * host sends it again under the same id, and the daemon, which remembers the ids, answers with
 * the message that there is.
 */
export const durable = {
  durableFinal: {
    capabilities: {
      text: true,
      media: true,
      silent: true,
      replyTo: true,
      thread: true,
      messageSendingHooks: true,
      reconcileUnknownSend: true,
    },
    automaticUnknownSendReconciliation: true,
    reconcileUnknownSendKinds: { text: true, media: true },
    reconcileUnknownSend: () => ({ status: "not_sent" }),
  },
};

/** The same for every attempt of one delivery, so that a repeated one is not doubled. */
function keyOf(/** @type {Record<string, any>} */ ctx) {
  return ctx.deliveryQueueId ? `${ctx.deliveryQueueId}/${ctx.deliveryPartIndex ?? 0}` : undefined;
}
