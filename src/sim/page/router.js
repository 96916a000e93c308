/** The open chat is part of the address, so that it can be linked, reloaded and left with "back". */

import { parseChat } from './chat-id.js';

const KEY = 'wecom-sim.person';
const narrow = matchMedia('(max-width: 760px)');

/** The chat the address names. @returns {string | null} */
export function readAddress() {
  try {
    const chat = decodeURIComponent(location.hash.slice(1));
    return parseChat(chat) === null ? null : chat;
  } catch {
    return null;
  }
}

/**
 * @param {import('./store.js').Store} store
 * @param {string | null} chat the chat to begin with
 */
export function startRouting(store, chat) {
  store.actAs(localStorage.getItem(KEY) ?? '');
  enter(store, chat);
  if (store.open === null && !narrow.matches) openFirst(store);
  window.addEventListener('popstate', () => enter(store, readAddress()));
  store.on('directory', () => {
    localStorage.setItem(KEY, store.me);
    if (store.open === null && !narrow.matches) openFirst(store);
  });
}

/**
 * @param {import('./store.js').Store} store
 * @param {string | null} chat null: the list
 */
export function navigate(store, chat) {
  if (chat === store.open) return;
  const address = chat === null ? `${location.pathname}${location.search}` : `#${encodeURIComponent(chat)}`;
  // On a phone "back" leads to the list; beside it, there is nothing to go back to.
  if (narrow.matches && chat !== null && store.open === null) history.pushState(null, '', address);
  else history.replaceState(null, '', address);
  store.openChat(chat);
}

/**
 * Takes another person's seat and stays in the same chat where that is possible.
 * @param {import('./store.js').Store} store
 * @param {string} user
 */
export function actAs(store, user) {
  const before = store.open === null ? null : parseChat(store.open);
  store.actAs(user);
  if (before === null) return;
  const list = store.conversations();
  const same = list.find((item) => (before.kind === 'group'
    ? item.group?.id === before.peer && item.bot.id === before.bot
    : item.group === null && item.bot.id === before.bot));
  const next = same ?? list[0];
  if (next !== undefined) {
    store.open = null;
    navigate(store, next.chat);
  }
}

/**
 * @param {import('./store.js').Store} store
 * @param {string | null} chat
 */
function enter(store, chat) {
  const name = chat === null ? null : parseChat(chat);
  if (name !== null && name.kind !== 'group') store.actAs(name.peer);
  const known = chat !== null && store.conversations().some((item) => item.chat === chat);
  store.openChat(known ? chat : null);
}

/** @param {import('./store.js').Store} store */
function openFirst(store) {
  const [first] = store.conversations();
  if (first !== undefined) navigate(store, first.chat);
}
