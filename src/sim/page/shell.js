/** The three columns, and what belongs to the window as a whole. */

import { announce } from './announcer.js';
import { ChatList } from './chat-list.js';
import { Conversation } from './conversation.js';
import { h } from './dom.js';
import { openFaults } from './faults.js';
import { locale, t } from './i18n.js';
import { rail } from './rail.js';

/** @param {import('./store.js').Store} store */
export function mountShell(store) {
  const app = /** @type {HTMLElement} */ (document.getElementById('app'));
  let mounted = new AbortController();

  function mount() {
    mounted.abort();
    mounted = new AbortController();
    const { signal } = mounted;
    document.documentElement.lang = locale();

    const host = { relabel: mount, faults: () => openFaults(store) };
    const list = new ChatList(store, host, signal);
    const conversation = new Conversation(store, host, signal);
    const offline = h('div', { class: 'offline-bar', role: 'status', hidden: true }, t('reconnecting'));
    app.replaceChildren(offline, rail(store, host, signal), list.element, conversation.element);

    const place = () => { app.dataset.view = store.open === null ? 'list' : 'chat'; };
    store.on('open', place, signal);
    store.on('link', (open) => { offline.hidden = open; }, signal);
    store.on('chats', () => retitle(store), signal);
    store.on('entry', ({ chat, entry }) => { if (chat === store.open) announce(store, entry); }, signal);
    document.addEventListener('keydown', (event) => {
      if (event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
        event.preventDefault();
        list.focusSearch();
      }
    }, { signal });
    place();
    retitle(store);
  }

  mount();
}

/** @param {import('./store.js').Store} store */
function retitle(store) {
  const unread = store.unreadByPerson().get(store.me) ?? 0;
  document.title = unread > 0 ? `(${unread}) ${t('title')}` : t('title');
}
