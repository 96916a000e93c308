/** Avatars made of letters and colours, so that nothing has to be fetched. */

import { h } from './dom.js';
import { appFace, botFace } from './icons.js';

/** How many hues `base.css` defines as `.hue-N`. */
const HUES = 8;

/** @param {string} id */
function hue(id) {
  // FNV-1a; the high bits are the well mixed ones.
  let hash = 0x811c9dc5;
  for (const char of id) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return `hue-${(hash >>> 16) % HUES}`;
}

/**
 * What a name is reduced to: a Chinese name's last two characters (how WeCom does
 * it), else the initials.
 * @param {string} name
 */
function letters(name) {
  const text = name.trim();
  if (/\p{Script=Han}/u.test(text)) return [...text].slice(-2).join('');
  const words = text.split(/[\s._-]+/).filter(Boolean);
  return words.slice(0, 2).map((word) => [...word][0]?.toUpperCase() ?? '').join('') || '?';
}

/** @param {{ id: string, name: string }} user */
export function userAvatar(user) {
  return h('span', { class: `avatar ${hue(user.id)}`, 'aria-hidden': 'true' }, letters(user.name));
}

export function botAvatar() {
  return h('span', { class: 'avatar avatar-bot', 'aria-hidden': 'true' }, botFace());
}

export function appAvatar() {
  return h('span', { class: 'avatar avatar-app', 'aria-hidden': 'true' }, appFace());
}

/** @param {{ isApp: boolean }} partner */
export function partnerAvatar(partner) {
  return partner.isApp ? appAvatar() : botAvatar();
}

/**
 * A group shows up to four of its members in a grid.
 * @param {{ id: string, name: string }[]} members
 */
export function groupAvatar(members) {
  return h(
    'span',
    { class: 'avatar avatar-group', 'aria-hidden': 'true' },
    members.slice(0, 4).map((member) => h('span', { class: `tile ${hue(member.id)}` }, [...letters(member.name)].at(-1))),
  );
}
