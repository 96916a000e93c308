/** Chat names: `direct:<bot>:<user>`, `group:<bot>:<group>` and `app:<app>:<user>`. */

/** `bot` is the app's id where it is an app's. @typedef {{ kind: 'direct' | 'group' | 'app', bot: string, peer: string }} ChatName */

/**
 * @param {string} bot
 * @param {string} user
 */
export const directChat = (bot, user) => `direct:${bot}:${user}`;

/**
 * @param {string} bot
 * @param {string} group
 */
export const groupChat = (bot, group) => `group:${bot}:${group}`;

/**
 * @param {string} app
 * @param {string} user
 */
export const appChat = (app, user) => `app:${app}:${user}`;

/**
 * @param {string} chat
 * @returns {ChatName | null} null when it is not a chat's name
 */
export function parseChat(chat) {
  const match = /^(direct|group|app):([^:]+):(.+)$/.exec(chat);
  if (match === null) return null;
  return { kind: /** @type {ChatName['kind']} */ (match[1]), bot: match[2], peer: match[3] };
}
