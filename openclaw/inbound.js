/**
 * A message of a member becomes a turn of OpenClaw. There are two ways in: the newer one is
 * taken where the host has it.
 */

import { CHANNEL } from "./names.js";

/**
 * @typedef {object} Place Where the turn belongs in OpenClaw.
 * @property {string} agentId
 * @property {string} sessionKey
 * @property {string} dmScope
 */

/**
 * Runs the turn; resolves when OpenClaw has nothing more to say.
 *
 * @param {{cr: any, cfg: any, log: any}} host The channel's runtime and the present configuration.
 * @param {import("./turn.js").Turn} turn
 */
export async function runTurn(host, turn) {
  const place = placeOf(host, turn.request);
  const delivery = {
    deliver: (/** @type {any} */ payload, /** @type {any} */ info) => turn.deliver(payload, info),
    onError: (/** @type {unknown} */ error) => host.log.warn(`a reply was not delivered: ${error}`),
  };
  const run = host.cr.inbound?.dispatch ? dispatchInbound : dispatchReply;
  await run(host, turn, place, delivery);
}

/** @returns {Place} */
function placeOf(/** @type {any} */ { cr, cfg }, /** @type {import("./turn.js").TurnRequest} */ request) {
  // OpenClaw's own default puts every member's direct chat into one session.
  const dmScope = cfg.session?.dmScope ?? "per-account-channel-peer";
  const peer = { kind: request.chat.kind, id: request.chat.id };
  const accountId = request.account;
  const route = cr.routing.resolveAgentRoute({ cfg, channel: CHANNEL, accountId, peer, dmScope });
  const agentId = request.agent ?? route.agentId;
  const own =
    agentId === route.agentId && route.dmScope === dmScope
      ? route.sessionKey
      : cr.routing.buildAgentSessionKey({
          agentId,
          channel: CHANNEL,
          accountId,
          peer,
          dmScope,
          identityLinks: cfg.session?.identityLinks,
        });
  return { agentId, sessionKey: request.session ?? own, dmScope };
}

/** Addresses as OpenClaw writes them down and gives them back to us. */
function addresses(/** @type {import("./turn.js").TurnRequest} */ { chat, sender }) {
  const to = chat.kind === "group" ? `group:${chat.id}` : `user:${chat.id}`;
  const from = chat.kind === "group" ? `${CHANNEL}:group:${chat.id}` : `${CHANNEL}:${sender.id}`;
  return { to, from };
}

function quoteOf(/** @type {import("./turn.js").TurnRequest} */ { quote }) {
  const body = typeof quote === "string" ? quote : quote?.text;
  return body ? body : undefined;
}

/** The newer way: the host checks where the message comes from and does the rest. */
async function dispatchInbound(
  /** @type {any} */ { cr, cfg },
  /** @type {import("./turn.js").Turn} */ turn,
  /** @type {Place} */ { agentId, sessionKey, dmScope },
  /** @type {any} */ delivery,
) {
  const { request } = turn;
  const { account: accountId, chat, sender } = request;
  const msg = turn.messageId;
  const { to, from } = addresses(request);
  const quote = quoteOf(request);
  const mayCommand = request.command === true;
  const ingress = await cr.inbound.ingress.resolveStable({
    channelId: CHANNEL,
    accountId,
    cfg,
    identity: { key: "sender" },
    subject: { stableId: sender.id },
    conversation: { kind: chat.kind, id: chat.id },
    contextBinding: { agentId, sessionKey, messageId: msg, inboundEventKind: "user_request" },
    event: { kind: "message", authMode: "inbound", mayPair: false },
    // The daemon let the message in already.
    dmPolicy: "open",
    groupPolicy: "open",
    allowFrom: ["*"],
    groupAllowFrom: ["*"],
  });
  const ctxPayload = await cr.inbound.buildContext({
    channel: CHANNEL,
    accountId,
    messageId: msg,
    messageIdFull: msg,
    timestamp: Date.now(),
    from,
    sender: { id: sender.id, name: sender.name },
    conversation: { kind: chat.kind, id: chat.id, label: chat.label ?? sender.name ?? chat.id },
    route: { agentId, dmScope, accountId, routeSessionKey: sessionKey, dispatchSessionKey: sessionKey },
    reply: { to, originatingTo: to },
    message: {
      body: request.text,
      bodyForAgent: request.text,
      rawBody: request.text,
      commandBody: request.text,
    },
    media: (request.media ?? []).map(({ path, mime }) => ({ path, contentType: mime })),
    supplemental: quote ? { quote: { body: quote, senderAllowed: true, isQuote: true } } : undefined,
    access: { commands: { authorized: mayCommand } },
    channelIngress: ingress,
    extra: request.system ? { GroupSystemPrompt: request.system } : {},
  });
  const done = await cr.inbound.dispatch({
    cfg,
    channel: CHANNEL,
    accountId,
    route: { agentId, dmScope, sessionKey },
    ctxPayload,
    delivery,
    replyOptions: turn.replyOptions(),
    replyPipeline: {},
  });
  turn.doneOrElsewhere(done?.dispatchResult?.deferredToActiveRun !== undefined);
}

/** The older way, of hosts before 2026.9. */
async function dispatchReply(
  /** @type {any} */ { cr, cfg, log },
  /** @type {import("./turn.js").Turn} */ turn,
  /** @type {Place} */ { agentId, sessionKey },
  /** @type {any} */ delivery,
) {
  const { request } = turn;
  const { account: accountId, chat, sender } = request;
  const msg = turn.messageId;
  const { to, from } = addresses(request);
  const media = request.media ?? [];
  const paths = media.map(({ path }) => path);
  const types = media.map(({ mime }) => mime ?? "application/octet-stream");
  const isGroup = chat.kind === "group";
  const label = chat.label ?? sender.name ?? chat.id;
  const ctx = cr.reply.finalizeInboundContext({
    Body: request.text,
    BodyForAgent: request.text,
    RawBody: request.text,
    CommandBody: request.text,
    From: from,
    To: to,
    SessionKey: sessionKey,
    AccountId: accountId,
    ChatType: chat.kind,
    ConversationLabel: label,
    GroupSubject: isGroup ? label : undefined,
    SenderId: sender.id,
    SenderName: sender.name,
    Provider: CHANNEL,
    Surface: CHANNEL,
    MessageSid: msg,
    Timestamp: Date.now(),
    OriginatingChannel: CHANNEL,
    OriginatingTo: to,
    ReplyToBody: quoteOf(request),
    ReplyToIsQuote: quoteOf(request) ? true : undefined,
    GroupSystemPrompt: request.system,
    CommandAuthorized: request.command === true,
    ...(paths.length > 0 && {
      MediaPath: paths[0],
      MediaPaths: paths,
      MediaType: types[0],
      MediaTypes: types,
    }),
  });
  await cr.session.recordInboundSession({
    storePath: cr.session.resolveStorePath(cfg.session?.store, { agentId }),
    sessionKey,
    ctx,
    // Of this conversation alone: "the last chat" of the agent is somebody else's next time.
    updateLastRoute: isGroup ? undefined : { sessionKey, channel: CHANNEL, to, accountId },
    onRecordError: (/** @type {unknown} */ error) => log.warn(`the session was not recorded: ${error}`),
  });
  await cr.reply.dispatchReplyWithBufferedBlockDispatcher({
    ctx,
    cfg,
    dispatcherOptions: delivery,
    replyOptions: turn.replyOptions(),
  });
}
