/** The channel as OpenClaw sees it. */

import {
  applyAccountConfig,
  defaultAccountId,
  inspectAccount,
  listAccountIds,
  resolveAccount,
} from "./accounts.js";
import { CHANNEL, PREFIXES, bare, chatTypeOf, peerOf } from "./names.js";
import { durable, outbound } from "./outbound.js";

/**
 * @typedef {object} Parts
 * @property {() => import("./link.js").Link} link The link, opened or not.
 * @property {() => any} channelRuntime OpenClaw's own functions for channels.
 * @property {(ctx: import("./life.js").StartContext) => Promise<void>} startAccount
 */

/** @param {Parts} parts */
export function createChannel({ link, channelRuntime, startAccount }) {
  const meta = {
    id: CHANNEL,
    label: "WeCom",
    selectionLabel: "WeCom (企业微信)",
    docsPath: "/channels/wecom",
    blurb: "WeCom chats, carried by the wecom daemon.",
    order: 45,
    aliases: ["qywx", "wework"],
  };
  return {
    id: CHANNEL,
    meta,
    capabilities: { chatTypes: ["direct", "group"], media: true, reply: true, blockStreaming: true },
    reload: { configPrefixes: [`channels.${CHANNEL}`] },
    config: {
      listAccountIds,
      resolveAccount,
      defaultAccountId,
      inspectAccount,
      isEnabled: (/** @type {any} */ account) => account.enabled,
      isConfigured: (/** @type {any} */ account) => account.configured,
      describeAccount: describe,
      resolveAllowFrom: (/** @type {any} */ { cfg, accountId }) =>
        (resolveAccount(cfg, accountId).config.allowFrom ?? []).map(String),
    },
    setup: { applyAccountConfig },
    security: { resolveDmPolicy },
    pairing: {
      idLabel: "userId",
      normalizeAllowEntry: (/** @type {string} */ entry) => bare(entry) ?? entry,
      notifyApproval: (/** @type {{id: string, accountId?: string}} */ { id, accountId }) => {
        // A command in a process of its own has no link: the gateway notices by itself.
        if (link().isUp) {
          link().send({ t: "pairing.approved", account: accountId ?? "default", user: id });
        }
      },
    },
    messaging: {
      targetPrefixes: PREFIXES,
      normalizeTarget: bare,
      inferTargetChatType: (/** @type {{to: string}} */ { to }) => chatTypeOf(to),
      targetResolver: {
        looksLikeId: () => true,
        hint: "user:<id> | group:<chat id> | party:<id> | tag:<id>",
      },
      resolveOutboundSessionRoute: (/** @type {any} */ request) => sessionRoute(request, channelRuntime()),
    },
    outbound: outbound(link),
    message: durable,
    status: {
      defaultRuntime: { accountId: "default", running: false, connected: false, lastError: null },
      probeAccount: async () => probe(link()),
      buildAccountSnapshot: (/** @type {any} */ { account, runtime, probe }) => ({
        ...describe(account),
        running: runtime?.running ?? false,
        connected: runtime?.connected ?? false,
        lastStartAt: runtime?.lastStartAt ?? null,
        lastStopAt: runtime?.lastStopAt ?? null,
        lastInboundAt: runtime?.lastInboundAt ?? null,
        lastOutboundAt: runtime?.lastOutboundAt ?? null,
        lastError: runtime?.lastError ?? null,
        probe,
      }),
    },
    gateway: { startAccount },
  };
}

function describe(/** @type {import("./accounts.js").Account} */ account) {
  const { accountId, enabled, configured, config } = account;
  return { accountId, name: config.name, enabled, configured };
}

function probe(/** @type {import("./link.js").Link} */ link) {
  return link.isUp
    ? { ok: true, daemon: link.welcome?.wecom }
    : { ok: false, error: link.reason };
}

/** What `openclaw security audit` and `channels status` say about direct messages. */
function resolveDmPolicy(/** @type {{account: import("./accounts.js").Account}} */ { account }) {
  const { config, accountId } = account;
  return {
    policy: config.dmPolicy ?? "pairing",
    allowFrom: config.allowFrom ?? [],
    policyPath: `channels.${CHANNEL}.dmPolicy`,
    allowFromPath: `channels.${CHANNEL}.allowFrom`,
    approveHint: `openclaw pairing approve ${CHANNEL} <code>${accountId === "default" ? "" : ` --account ${accountId}`}`,
  };
}

/** The session that a message of our own accord belongs to: the one of its chat. */
function sessionRoute(
  /** @type {{cfg: any, agentId: string, accountId?: string, target: string}} */ request,
  /** @type {any} */ cr,
) {
  const { cfg, agentId, target } = request;
  const accountId = request.accountId ?? defaultAccountId(cfg);
  const peer = peerOf(target);
  const dmScope = cfg.session?.dmScope ?? "per-account-channel-peer";
  const key = cr.routing.buildAgentSessionKey({ agentId, channel: CHANNEL, accountId, peer, dmScope });
  const to = bare(target) ?? target;
  const from = peer.kind === "group" ? `${CHANNEL}:group:${peer.id}` : `${CHANNEL}:${peer.id}`;
  return {
    sessionKey: key,
    baseSessionKey: key,
    recipientSessionExact: true,
    peer,
    chatType: peer.kind,
    from,
    to,
  };
}
