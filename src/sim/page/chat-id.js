/** Chat names: `direct:<bot>:<user>` and `group:<bot>:<group>`. */

/** @typedef {{ kind: 'direct' | 'group', bot: string, peer: string }} ChatName */

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
 * @param {string} chat
 * @returns {ChatName | null} null when it is not a chat's name
 */
export function parseChat(chat) {
  const match = /^(direct|group):([^:]+):(.+)$/.exec(chat);
  if (match === null) return null;
  return { kind: match[1] === 'group' ? 'group' : 'direct', bot: match[2], peer: match[3] };
}
