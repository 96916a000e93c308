/** Accounts as `channels.wecom` describes them. */

/**
 * @typedef {object} Account
 * @property {string} accountId
 * @property {Record<string, any>} config The section with the account's own keys over it.
 * @property {boolean} enabled
 * @property {boolean} configured
 */

/** The account of a section that names none. */
const DEFAULT = "default";

/** @returns {Record<string, any>} */
function section(/** @type {any} */ cfg) {
  return cfg?.channels?.wecom ?? {};
}

/** @returns {string[]} */
export function listAccountIds(/** @type {any} */ cfg) {
  const ids = Object.keys(section(cfg).accounts ?? {});
  return ids.length > 0 ? ids : [DEFAULT];
}

/** @returns {string} */
export function defaultAccountId(/** @type {any} */ cfg) {
  const ids = listAccountIds(cfg);
  const named = section(cfg).defaultAccount;
  return ids.includes(named) ? named : (ids[0] ?? DEFAULT);
}

/**
 * @param {any} cfg
 * @param {string | null} [id]
 * @returns {Account}
 */
export function resolveAccount(cfg, id) {
  const accountId = id || defaultAccountId(cfg);
  const { accounts, defaultAccount: _, ...shared } = section(cfg);
  const config = { ...shared, ...accounts?.[accountId] };
  return {
    accountId,
    config,
    enabled: shared.enabled !== false && config.enabled !== false,
    configured: isConfigured(config),
  };
}

/** What may be known without any secret. */
export function inspectAccount(/** @type {any} */ cfg, /** @type {string | null=} */ id) {
  const { accountId, enabled, configured } = resolveAccount(cfg, id);
  return { accountId, enabled, configured };
}

/** A bot over its connection, a bot over a webhook, or an agent app. */
function isConfigured(/** @type {Record<string, any>} */ config) {
  const hasBot = config.botId && config.secret;
  const hasWebhook = config.token && config.encodingAESKey;
  return Boolean(hasBot || hasWebhook || config.agent);
}

/**
 * The configuration with an account that `openclaw channels add` describes.
 *
 * @param {{cfg: any, accountId?: string, input: Record<string, any>}} request
 */
export function applyAccountConfig({ cfg, accountId = DEFAULT, input }) {
  // Flags know one `--token`; a bot has an id and a secret.
  const [botId, secret = input.secret] = (input.token ?? input.botToken ?? "").split(/:(.*)/s);
  const keys = Object.entries({ botId, secret, name: input.name, enabled: true });
  const account = Object.fromEntries(keys.filter(([, value]) => value));
  const before = section(cfg);
  const wecom =
    !before.accounts && accountId === DEFAULT
      ? { ...before, ...account }
      : withAccount(before, accountId, account);
  return { ...cfg, channels: { ...cfg.channels, wecom } };
}

/** What makes a bot of its own of an account; the rest of a section is for all accounts. */
const CREDENTIALS = ["botId", "secret", "token", "encodingAESKey", "agent"];

/** The section with one more account. A bot that stands in the section itself moves beside it. */
function withAccount(
  /** @type {Record<string, any>} */ before,
  /** @type {string} */ id,
  /** @type {object} */ account,
) {
  const isCredential = (/** @type {[string, unknown]} */ [key]) => CREDENTIALS.includes(key);
  const members = Object.entries(before);
  const isSingle = !before.accounts && isConfigured(before);
  const first = isSingle ? { [DEFAULT]: Object.fromEntries(members.filter(isCredential)) } : {};
  const shared = isSingle ? members.filter((member) => !isCredential(member)) : members;
  const accounts = { ...first, ...before.accounts, [id]: { ...before.accounts?.[id], ...account } };
  return { ...Object.fromEntries(shared), enabled: true, accounts };
}
