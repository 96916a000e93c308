/** Where one writes: drafts, files, voice, mentions, quotes, Enter, stopping a reply. */

import { h, iconButton } from './dom.js';
import { t } from './i18n.js';
import { icon } from './icons.js';
import { thumbnail } from './media-view.js';
import { MentionPopup } from './mention.js';
import { summarize } from './summary.js';
import { Tray } from './tray.js';
import { openVoice } from './voice-dialog.js';

/** @typedef {import('./store.js').Conversation} Conversation */
/** @typedef {import('./types.js').Entry} Entry */
/** @typedef {import('./types.js').Part} Part */

/** A phone's keyboard should not jump up each time a chat is opened. */
const touch = matchMedia('(pointer: coarse)');

/** Unsent messages by person and chat: they survive a look into another chat. @type {Map<string, { text: string, quoted: Entry | null, items: import('./tray.js').Item[] }>} */
const drafts = new Map();

export class Composer {
  #store;
  #send;
  #box;
  #mentions;
  #quoteBar = h('div', { class: 'quote-bar', hidden: true });
  #hint = h('div', { class: 'composer-hint', hidden: true });
  #stop;
  #at;
  #submit;
  /** @type {Conversation | null} */
  #chat = null;
  /** @type {Entry | null} */
  #quoted = null;
  #draftKey = '';
  #tray = new Tray(() => this.#onInput());
  #pictures = h('input', { type: 'file', accept: 'image/*,video/*', multiple: true, hidden: true, on: { change: () => this.#chosen(this.#pictures) } });
  #files = h('input', { type: 'file', multiple: true, hidden: true, on: { change: () => this.#chosen(this.#files, 'file') } });

  /**
   * @param {import('./store.js').Store} store
   * @param {(parts: Part[], quoted?: Entry) => void} send
   * @param {AbortSignal} signal
   */
  constructor(store, send, signal) {
    this.#store = store;
    this.#send = send;
    this.#box = h('textarea', {
      rows: 1, placeholder: t('placeholder'), enterkeyhint: 'send', autocomplete: 'off',
      on: { keydown: (/** @type {KeyboardEvent} */ event) => this.#onKey(event), input: () => this.#onInput(), blur: () => this.#mentions.hide(), paste: (/** @type {ClipboardEvent} */ event) => this.#onPaste(event) },
    });
    this.#mentions = new MentionPopup(this.#box, () => this.#onInput());
    this.#stop = h('button', { type: 'button', class: 'stop', hidden: true, 'aria-label': t('stop'), on: { click: () => this.#post([{ text: this.#addressed('/stop') }]) } }, icon('stop', 16), t('stop_short'));
    this.#at = iconButton(t('mention'), icon('at', 20), () => this.#mentions.open());
    // Pressing it must not take the focus, or the popup would close at once.
    this.#at.addEventListener('mousedown', (event) => event.preventDefault());
    this.#submit = h('button', { type: 'submit', class: 'send', 'aria-label': t('send'), title: t('send_hint') }, icon('send', 18), h('span', null, t('send')));
    this.element = h(
      'form',
      { class: 'composer', on: { submit: (/** @type {Event} */ event) => { event.preventDefault(); this.#submitAll(); } } },
      this.#mentions.element,
      this.#quoteBar,
      h(
        'div',
        { class: 'composer-box' },
        this.#tray.element,
        this.#box,
        h(
          'div',
          { class: 'composer-tools' },
          this.#at,
          iconButton(t('attach_picture'), icon('image', 20), () => this.#pictures.click()),
          iconButton(t('attach_file'), icon('clip', 20), () => this.#files.click()),
          iconButton(t('voice_title'), icon('voice', 20), () => openVoice((part) => this.#speak(part), this.#chat?.bot.isApp === true), { 'aria-haspopup': 'dialog' }),
          this.#pictures,
          this.#files,
          h('span', { class: 'composer-keys', 'aria-hidden': 'true' }, t('send_hint')),
          this.#stop,
          this.#submit,
        ),
      ),
      this.#hint,
    );
    signal.addEventListener('abort', () => this.#keepDraft());
  }

  /** @param {Conversation} chat */
  show(chat) {
    this.#keepDraft();
    this.#chat = chat;
    this.#draftKey = `${this.#store.me}\n${chat.chat}`;
    const draft = drafts.get(this.#draftKey);
    this.#box.value = draft?.text ?? this.#opening();
    this.#box.setAttribute('aria-label', t('composer', { name: chat.name }));
    this.#setQuote(draft?.quoted ?? null);
    this.#tray.show(draft?.items ?? []);
    this.#at.hidden = chat.group === null;
    this.#mentions.offer(this.#people());
    this.#mentions.hide();
    this.#onInput();
    this.drawStop();
    if (!touch.matches) this.#focusEnd();
  }

  /** @param {Entry} entry */
  quote(entry) {
    this.#setQuote(entry);
    this.#focusEnd();
  }

  /** @param {Iterable<File>} files */
  attach(files) {
    this.#tray.add(files);
    this.#focusEnd();
  }

  /**
   * Puts a text in to begin with.
   * @param {string} text
   */
  begin(text) {
    this.#box.value = this.#addressed(text);
    this.#onInput();
    this.#focusEnd();
  }

  /** The stop button is there while a reply streams. */
  drawStop() {
    this.#stop.hidden = this.#chat === null || this.#store.transcript(this.#chat.chat).streaming.length === 0;
  }

  /** In a group the bot hears only what mentions it, so that is what one begins with. */
  #opening() {
    return this.#chat?.group ? `@${this.#chat.bot.name} ` : '';
  }

  /** @param {string} text */
  #addressed(text) {
    return `${this.#opening()}${text}`;
  }

  #people() {
    if (!this.#chat?.group) return [];
    const { bots, users, me } = this.#store;
    return [
      ...this.#chat.group.bots.map((id) => ({ id, name: bots.get(id)?.name ?? id, isBot: true })),
      ...this.#chat.group.members.filter((id) => id !== me).map((id) => ({ id, name: users.get(id)?.name ?? id, isBot: false })),
    ];
  }

  #keepDraft() {
    if (this.#chat === null) return;
    const text = this.#box.value;
    const items = this.#tray.keep();
    if (text.trim() === this.#opening().trim() && this.#quoted === null && items.length === 0) drafts.delete(this.#draftKey);
    else drafts.set(this.#draftKey, { text, quoted: this.#quoted, items });
  }

  /**
   * @param {HTMLInputElement} input
   * @param {import('./types.js').Media['type']} [as]
   */
  #chosen(input, as) {
    this.#tray.add(input.files ?? [], as);
    // The same file can be chosen again.
    input.value = '';
    this.#focusEnd();
  }

  /** @param {ClipboardEvent} event */
  #onPaste(event) {
    const files = event.clipboardData?.files;
    // A copied table comes as text and as a picture of it: the text is meant.
    if (!files?.length || event.clipboardData?.getData('text/plain')) return;
    event.preventDefault();
    this.attach(files);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    // While an input method composes, Enter chooses a candidate. Safari reports the end
    // of the composition first and marks the key with 229.
    if (event.isComposing || event.keyCode === 229) return;
    if (this.#mentions.onKey(event)) return;
    if (event.key === 'Enter' && !event.shiftKey && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      this.#submitAll();
    } else if (event.key === 'Escape' && this.#quoted !== null) this.#setQuote(null);
  }

  #onInput() {
    this.#mentions.onInput();
    const empty = this.#isEmpty();
    this.#submit.disabled = empty || !this.#tray.isReady;
    const bot = this.#chat?.bot.name ?? '';
    const unheard = Boolean(this.#chat?.group) && !empty && !this.#box.value.includes(`@${bot}`);
    if (unheard !== !this.#hint.hidden) {
      this.#hint.hidden = !unheard;
      this.#hint.replaceChildren(...(unheard ? [h('span', null, t('no_mention', { name: bot })), h('button', { type: 'button', class: 'link-button', on: { click: () => this.begin(this.#box.value.trimStart()) } }, t('insert_mention', { name: bot }))] : []));
    }
  }

  /** A mention alone says nothing. */
  #isEmpty() {
    return this.#tray.isEmpty && !this.#hasText();
  }

  #hasText() {
    const text = this.#box.value.trim();
    return text !== '' && text !== this.#opening().trim();
  }

  #submitAll() {
    if (this.#isEmpty() || !this.#tray.isReady) return;
    const text = this.#box.value.trim();
    const files = this.#tray.take().map((media) => ({ media }));
    this.#box.value = this.#opening();
    // With files a mention says who is meant.
    this.#post([...(text === '' ? [] : [{ text }]), ...files]);
    this.#setQuote(null);
    this.#onInput();
    this.#focusEnd();
  }

  /** @param {Part} part */
  #speak(part) {
    this.#post([part]);
    this.#setQuote(null);
  }

  /** @param {Part[]} parts */
  #post(parts) {
    this.#send(parts, this.#quoted ?? undefined);
  }

  /** @param {Entry | null} quoted */
  #setQuote(quoted) {
    this.#quoted = quoted;
    this.#quoteBar.hidden = quoted === null;
    const media = quoted?.media ?? quoted?.parts?.find((part) => part.media !== undefined)?.media;
    this.#quoteBar.replaceChildren(...(quoted === null ? [] : [
      ...(media ? [thumbnail(media)] : []),
      h('span', { class: 'quote-bar-text' }, h('strong', null, t('quoting', { name: this.#store.nameOf(quoted.from) })), summarize(quoted)),
      iconButton(t('cancel_quote'), icon('close', 16), () => { this.#setQuote(null); this.#box.focus(); }),
    ]));
  }

  #focusEnd() {
    this.#box.focus();
    this.#box.setSelectionRange(this.#box.value.length, this.#box.value.length);
  }
}
