/** The second column: search, direct chats with bots and apps, groups. */

import { groupAvatar, partnerAvatar } from './avatar.js';
import { h } from './dom.js';
import { t } from './i18n.js';
import { icon } from './icons.js';
import { standing } from './partner.js';
import { personaButton } from './persona.js';
import { switches } from './rail.js';
import { navigate } from './router.js';
import { brief } from './time.js';

export class ChatList {
  #store;
  #search = h('input', { type: 'search', placeholder: t('search'), 'aria-label': t('search'), autocomplete: 'off', spellcheck: 'false', on: { input: () => this.#draw() } });
  #items = h('ul', { class: 'chats', role: 'list', on: { keydown: (/** @type {KeyboardEvent} */ event) => this.#onKey(event) } });
  #drawing = 0;

  /**
   * @param {import('./store.js').Store} store
   * @param {import('./rail.js').Host} host
   * @param {AbortSignal} signal
   */
  constructor(store, host, signal) {
    this.#store = store;
    this.element = h(
      'nav',
      { class: 'list', 'aria-label': t('chats') },
      h('header', { class: 'list-phone' }, personaButton(store, signal), h('h1', null, t('title')), ...switches(host)),
      h('div', { class: 'search' }, icon('search', 16), this.#search),
      this.#items,
    );
    // Many entries can arrive in one frame; the list is drawn once for all of them.
    store.on('chats', () => {
      if (this.#drawing === 0) this.#drawing = requestAnimationFrame(() => this.#draw());
    }, signal);
    signal.addEventListener('abort', () => cancelAnimationFrame(this.#drawing));
    this.#draw();
  }

  focusSearch() {
    this.#search.focus();
    this.#search.select();
  }

  #draw() {
    this.#drawing = 0;
    const wanted = this.#search.value.trim().toLowerCase();
    const all = this.#store.conversations();
    const shown = all.filter((item) => `${item.name}\n${item.bot.name}\n${item.preview}`.toLowerCase().includes(wanted));
    const focused = this.#items.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement).dataset.chat : undefined;
    this.#items.replaceChildren(...shown.map((item) => this.#item(item)));
    if (shown.length === 0) this.#items.append(h('li', { class: 'chats-empty' }, t(all.length === 0 ? 'no_chats' : 'no_match')));
    if (focused !== undefined) /** @type {HTMLElement | undefined} */ (this.#buttons().find((button) => button.dataset.chat === focused))?.focus();
  }

  /** @param {import('./store.js').Conversation} item */
  #item(item) {
    const { users, groups, open } = this.#store;
    const members = (item.group?.members ?? []).map((id) => users.get(id) ?? { id, name: id });
    const { on, text } = standing(item.bot);
    const several = item.group !== null && (groups.get(item.group.id)?.bots.length ?? 0) > 1;
    const button = h(
      'button',
      {
        type: 'button', class: 'chat', data: { chat: item.chat }, 'aria-current': item.chat === open ? 'true' : null,
        on: { click: () => navigate(this.#store, item.chat) },
      },
      h('span', { class: 'chat-avatar' }, item.group === null ? partnerAvatar(item.bot) : groupAvatar(members), item.group === null && h('span', { class: `presence ${on ? 'is-on' : ''}` })),
      h(
        'span',
        { class: 'chat-text' },
        h('span', { class: 'chat-top' }, h('span', { class: 'chat-name' }, item.name), several && h('span', { class: 'tag' }, item.bot.name), item.bot.isApp && h('span', { class: 'tag' }, t('app')), item.lastAt > 0 && h('time', null, brief(item.lastAt))),
        h('span', { class: 'chat-bottom' }, h('span', { class: 'chat-preview' }, item.preview || (item.group === null ? text : t('members', { n: members.length }))), item.unread > 0 && h('span', { class: 'badge', 'aria-label': t('unread', { n: item.unread }) }, item.unread > 99 ? '99+' : item.unread)),
      ),
    );
    return h('li', null, button);
  }

  #buttons() {
    return /** @type {HTMLElement[]} */ ([...this.#items.querySelectorAll('button')]);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    const buttons = this.#buttons();
    const at = buttons.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    buttons[Math.min(Math.max(at + step, 0), buttons.length - 1)]?.focus();
    event.preventDefault();
  }
}
