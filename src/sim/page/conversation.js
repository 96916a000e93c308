/** The third column: the open chat's header, its transcript, the composer. */

import { say } from './actions.js';
import { groupAvatar, partnerAvatar } from './avatar.js';
import { Composer } from './composer.js';
import { h, iconButton } from './dom.js';
import { t } from './i18n.js';
import { icon } from './icons.js';
import { standing } from './partner.js';
import { navigate } from './router.js';
import { TranscriptView } from './transcript-view.js';

export class Conversation {
  #store;
  #header = h('header', { class: 'conversation-head' });
  #transcript;
  #composer;
  #host;

  /**
   * @param {import('./store.js').Store} store
   * @param {import('./rail.js').Host} host
   * @param {AbortSignal} signal
   */
  constructor(store, host, signal) {
    this.#store = store;
    this.#host = host;
    this.#transcript = new TranscriptView(store, signal);
    this.#composer = new Composer(store, (parts, quoted) => {
      if (store.open !== null) void say(store, store.open, parts, quoted);
    }, signal);
    this.element = h(
      'main',
      { class: 'conversation' },
      h('div', { class: 'nothing-open' }, h('span', { class: 'nothing-icon' }, icon('chats', 44)), h('p', null, t('pick_chat')), h('small', null, t('pick_chat_hint'))),
      h('section', { class: 'open-chat' }, this.#header, this.#transcript.element, this.#composer.element, h('div', { class: 'drop-here', 'aria-hidden': 'true' }, icon('image', 36), t('drop_here'))),
    );
    this.#acceptFiles();

    store.on('open', () => this.#show(), signal);
    store.on('directory', () => this.#drawHeader(), signal);
    store.on('bot', () => this.#drawHeader(), signal);
    store.on('transcript', (chat) => { if (chat === store.open) this.#transcript.redraw(); }, signal);
    store.on('entry', ({ chat, entry, isNew }) => {
      if (chat !== store.open) return;
      this.#transcript.update(entry, isNew);
      this.#composer.drawStop();
    }, signal);
    store.on('outgoing', ({ chat, msgid }) => {
      if (chat !== store.open) return;
      this.#transcript.drawOutgoing();
      this.#transcript.markUndelivered(msgid);
    }, signal);
    this.#show();
  }

  /** Files can be dropped anywhere in the chat. */
  #acceptFiles() {
    const hasFiles = (/** @type {DragEvent} */ event) => this.#store.open !== null && (event.dataTransfer?.types.includes('Files') ?? false);
    const hover = (/** @type {boolean} */ on) => this.element.classList.toggle('is-target', on);
    this.element.addEventListener('dragover', (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      hover(true);
    });
    this.element.addEventListener('dragleave', (event) => {
      if (!this.element.contains(/** @type {Node | null} */ (event.relatedTarget))) hover(false);
    });
    this.element.addEventListener('drop', (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      hover(false);
      this.#composer.attach(event.dataTransfer?.files ?? []);
    });
  }

  #show() {
    const item = this.#current();
    this.element.classList.toggle('is-open', item !== null);
    if (item === null) return;
    this.#drawHeader();
    const context = {
      store: this.#store,
      isGroup: item.group !== null,
      isApp: item.bot.isApp,
      quote: (/** @type {import('./types.js').Entry} */ entry) => this.#composer.quote(entry),
    };
    this.#transcript.show(item.chat, context, { label: t('transcript', { name: item.name }), intro: this.#intro(item) });
    this.#composer.show(item);
  }

  #current() {
    return this.#store.open === null ? null : this.#store.conversation(this.#store.open);
  }

  #drawHeader() {
    const item = this.#current();
    if (item === null) return;
    const { on, text } = standing(item.bot);
    this.element.dataset.bot = on ? 'online' : 'offline';
    this.#header.replaceChildren(
      iconButton(t('back'), icon('back', 22), () => navigate(this.#store, null), { class: 'back' }),
      h(
        'div',
        { class: 'head-text' },
        h('h2', null, item.name, item.group !== null && h('span', { class: 'head-count' }, ` (${item.group.members.length + item.group.bots.length})`)),
        h(
          'p',
          { class: `connection ${on ? 'is-on' : ''}`, role: 'status' },
          h('span', { class: 'connection-dot', 'aria-hidden': 'true' }),
          item.group === null ? text : `${item.bot.name} ${text}`,
        ),
      ),
      iconButton(t('faults'), icon('bolt', 20), this.#host.faults, { class: 'head-button', 'aria-haspopup': 'dialog' }),
    );
  }

  /** @param {import('./store.js').Conversation} item */
  #intro(item) {
    const { users } = this.#store;
    const starters = /** @type {const} */ (['starter_hello', 'starter_table', 'starter_code']);
    return [
      item.group === null ? partnerAvatar(item.bot) : groupAvatar(item.group.members.map((id) => users.get(id) ?? { id, name: id })),
      h('h3', null, t(item.group === null ? 'intro_direct' : 'intro_group', { name: item.name })),
      h('p', null, t('intro_hint'), ' ', item.group !== null && t('intro_group_hint', { bot: item.bot.name })),
      h('div', { class: 'starters' }, starters.map((key) => h('button', { type: 'button', on: { click: () => this.#composer.begin(t(key)) } }, t(key)))),
    ];
  }
}
