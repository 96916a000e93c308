/** One entry of a transcript as elements, kept while the entry changes. */

import { pressCard, say, sayAgain } from './actions.js';
import { appAvatar, botAvatar, userAvatar } from './avatar.js';
import { drawCard } from './card.js';
import { copyText } from './clipboard.js';
import { appText, detailBody } from './detail-view.js';
import { h, iconButton } from './dom.js';
import { t } from './i18n.js';
import { icon } from './icons.js';
import { mediaBody, partsBody, thumbnail } from './media-view.js';
import { ratingButtons } from './rating.js';
import { splitReasoning } from './reasoning.js';
import { StreamBody } from './stream-body.js';
import { summarize } from './summary.js';
import { clock, full } from './time.js';
import { partsOf } from './transcript.js';

/** @typedef {import('./types.js').Entry} Entry */

/**
 * @typedef {object} Context
 * @property {import('./store.js').Store} store
 * @property {boolean} isGroup
 * @property {boolean} isApp
 * @property {(entry: Entry) => void} quote  takes a message into the composer
 */

export class EntryView {
  element = h('li', { class: 'entry' });
  #context;
  #entry;
  #bubble = h('div', { class: 'bubble' });
  #ratings = h('div', { class: 'rating-place' });
  #status = h('div', { class: 'entry-status' });
  /** @type {StreamBody | null} */
  #stream = null;
  #drawnCard = '';

  /**
   * @param {Entry} entry
   * @param {Context} context
   * @param {{ separator: boolean, live: boolean }} look
   */
  constructor(entry, context, { separator, live }) {
    this.#context = context;
    this.#entry = entry;
    this.element.dataset.id = String(entry.id);
    this.element.dataset.type = entry.type;
    if (separator) this.element.append(h('time', { class: 'time-line', datetime: new Date(entry.at).toISOString() }, full(entry.at)));
    if (isNotice(entry)) {
      this.element.classList.add('is-notice');
      this.element.append(h('p', { class: 'notice' }, noticeText(entry, context.store)));
      return;
    }
    this.element.append(this.#row());
    this.#draw(!live);
  }

  /** @param {Entry} entry */
  update(entry) {
    this.#entry = entry;
    if (!isNotice(entry)) this.#draw(false);
  }

  /** The bot did not get this message. */
  markUndelivered() {
    this.#status.replaceChildren(icon('alert', 14), t(this.#context.isApp ? 'untold' : 'undelivered'));
  }

  dispose() {
    this.#stream?.dispose();
    this.element.remove();
  }

  #row() {
    const { store, isGroup } = this.#context;
    const entry = this.#entry;
    const isBot = entry.from.kind === 'bot';
    const isApp = entry.from.kind === 'app';
    const isMine = entry.from.kind === 'user' && entry.from.id === store.me;
    const name = store.nameOf(entry.from);
    this.element.classList.add(isMine ? 'is-mine' : 'is-theirs');
    return h(
      'article',
      // A tap gives it the focus, which shows the tools where nothing can hover.
      { class: 'row', tabindex: -1, 'aria-label': `${isMine ? t('you') : name} ${clock(entry.at)}` },
      isBot ? botAvatar() : isApp ? appAvatar() : userAvatar({ id: entry.from.id, name }),
      h(
        'div',
        { class: 'stack' },
        !isMine && isGroup && h('div', { class: 'sender' }, name, isBot && h('span', { class: 'tag' }, t('bot'))),
        h('div', { class: 'bubble-line' }, this.#bubble, this.#tools()),
        this.#ratings,
        this.#status,
      ),
    );
  }

  /** @param {boolean} atOnce */
  #draw(atOnce) {
    const entry = this.#entry;
    this.#ratings.replaceChildren(...[ratingButtons(this.#context.store, entry) ?? []].flat());
    // A group's message without an exchange was not for the bot.
    if (this.#context.isGroup && entry.from.kind === 'user' && entry.msgid && !entry.req_id) {
      this.#status.classList.add('is-quiet');
      this.#status.replaceChildren(t('unheard'));
    }
    const card = cardOf(entry, this.#context.store.me);
    if (card !== undefined) {
      const source = JSON.stringify(card);
      if (source === this.#drawnCard) return;
      this.#drawnCard = source;
      this.#fill('bubble-card', drawCard(card, {
        press: (press) => pressCard(this.#context.store, entry.chat, card, press),
        ask: (question) => void say(this.#context.store, entry.chat, [{ text: this.#withMention(question) }]),
      }));
    } else if (entry.detail !== undefined) {
      this.#fill('bubble-detail', detailBody(entry));
    } else if (entry.from.kind === 'app' && entry.type === 'text') {
      this.#fill('', appText(entry.content ?? ''));
    } else if (isWritten(entry) && ['stream', 'markdown', 'text', 'welcome'].includes(entry.type)) {
      if (this.#stream === null) {
        this.#stream = new StreamBody();
        this.#fill('', this.#stream.element);
      }
      this.#stream.show(entry, atOnce || entry.type !== 'stream');
      this.#pictures(entry);
    } else if (isWritten(entry) && entry.media !== undefined) {
      this.#fill(entry.type === 'image' ? 'bubble-bare' : 'bubble-media', mediaBody(entry.media));
    } else if (['image', 'file', 'video'].includes(entry.type) && entry.media === undefined) {
      // Pushed by a test, it lies on another server; only its kind is known here.
      this.#fill('', h('div', { class: 'plain muted' }, summarize(entry)));
    } else {
      this.#fill(...partsBody(partsOf(entry), this.#names()));
    }
  }

  /** The pictures at the end of a stream. @param {Entry} entry */
  #pictures(entry) {
    this.#bubble.querySelector('.stream-pictures')?.remove();
    const pictures = (entry.parts ?? []).flatMap((part) => (part.media === undefined ? [] : [mediaBody(part.media)]));
    if (pictures.length > 0) this.#bubble.append(h('div', { class: 'stream-pictures' }, pictures));
  }

  /**
   * @param {string} extra
   * @param {HTMLElement} body
   */
  #fill(extra, body) {
    this.#bubble.className = `bubble ${extra}`.trim();
    this.#bubble.replaceChildren(...quoteBlock(this.#entry, this.#context.store), body);
  }

  #names() {
    const { bots, users } = this.#context.store;
    return this.#context.isGroup ? [...bots.values(), ...users.values()].map((person) => person.name) : [];
  }

  /** @param {string} question */
  #withMention(question) {
    return this.#context.isGroup ? `@${this.#context.store.nameOf(this.#entry.from)} ${question}` : question;
  }

  #tools() {
    const { quote } = this.#context;
    const copy = iconButton(t('copy'), icon('copy', 15), () => void copyText(copyable(this.#entry), copy));
    return h(
      'div',
      { class: 'tools' },
      // Apps are not told of quotes.
      !this.#context.isApp && iconButton(t('quote'), icon('quote', 15), () => quote(this.#entry)),
      copy,
      iconButton(t('details'), icon('info', 15), (event) => this.#toggleDetails(/** @type {HTMLElement} */ (event.currentTarget)), { 'aria-expanded': 'false' }),
    );
  }

  /** What the protocol says about this entry, for whoever writes a bot. @param {HTMLElement} button */
  #toggleDetails(button) {
    const stack = this.#status.parentElement;
    const shown = stack?.querySelector('.details');
    button.setAttribute('aria-expanded', String(!shown));
    if (shown) {
      shown.remove();
      return;
    }
    const { id, type, msgid, req_id, stream_id, revisions, at, updated_at, feedback_id, finished } = this.#entry;
    const facts = { id, type, msgid, req_id, stream_id, frames: revisions, finished, feedback_id, at: new Date(at).toISOString(), updated_at: updated_at === at ? undefined : new Date(updated_at).toISOString() };
    stack?.append(h('dl', { class: 'details' }, Object.entries(facts)
      .filter(([, value]) => value !== undefined && value !== null && value !== '')
      .map(([name, value]) => h('div', null, h('dt', null, name), h('dd', null, String(value))))));
  }
}

/** A message of the page itself, before the server has shown it. */
export class OutgoingView {
  element;

  /**
   * @param {import('./transcript.js').Outgoing} message
   * @param {string} chat
   * @param {Context} context
   */
  constructor(message, chat, { store, isGroup, isApp }) {
    const names = isGroup ? [...store.bots.values(), ...store.users.values()].map((person) => person.name) : [];
    const failed = message.delivery === 'failed';
    const [look, body] = partsBody(message.parts, names);
    this.element = h(
      'li',
      { class: `entry is-mine is-outgoing is-${message.delivery}`, data: { key: message.key } },
      h(
        'article',
        { class: 'row', 'aria-label': t('you') },
        userAvatar({ id: message.from, name: store.users.get(message.from)?.name ?? message.from }),
        h(
          'div',
          { class: 'stack' },
          h('div', { class: 'bubble-line' }, h('div', { class: `bubble ${look}`.trim() }, message.quoted && quotedEntry(message.quoted, store), body)),
          h(
            'div',
            { class: 'entry-status' },
            message.delivery === 'sending' && h('span', { class: 'visually-hidden' }, t('sending')),
            message.delivery === 'offline' && [icon('alert', 14), t(isApp ? 'untold' : 'undelivered')],
            failed && [icon('alert', 14), t('failed'), h('button', { type: 'button', class: 'link-button', on: { click: () => void sayAgain(store, chat, message) } }, icon('retry', 13), t('retry'))],
          ),
        ),
      ),
    );
  }
}

/**
 * An update may have replaced the card for some members only.
 * @param {Entry} entry
 * @param {string} member
 */
function cardOf(entry, member) {
  return entry.card_copies?.[member] ?? entry.card;
}

/** Written by a program. @param {Entry} entry */
function isWritten(entry) {
  return entry.from.kind === 'bot' || entry.from.kind === 'app';
}

/** @param {Entry} entry */
export function isNotice(entry) {
  return entry.type === 'event' || entry.from.kind === 'system';
}

/**
 * @param {Entry} entry
 * @param {import('./store.js').Store} store
 */
function noticeText(entry, store) {
  const name = store.nameOf(entry.from);
  const content = entry.content ?? '';
  if (entry.type !== 'event') return content;
  if (content === 'recalled') return t('event_recalled', { name });
  if (content.includes('enter_chat') || content === 'enter_agent') return t('event_enter_chat', { name });
  if (/template_card_(?:menu_)?event/.test(content)) return t('event_card', { name });
  if (content.includes('feedback_event')) return t('event_feedback', { name });
  if (content.includes('auth_change_event')) return t('event_permissions', { name });
  if (content.includes('disconnected_event')) return t('event_disconnected');
  return t('event_other', { type: content });
}

/**
 * What an entry quotes: the entry itself where it is here, else as it was pushed.
 * @param {Entry} entry
 * @param {import('./store.js').Store} store
 */
function quoteBlock({ chat, quote, quoted }, store) {
  const original = quoted === undefined ? undefined : store.transcript(chat).entries.find((other) => other.id === quoted);
  if (original !== undefined) return [quotedEntry(original, store)];
  const text = quote?.text?.content ?? quote?.voice?.content ?? quote?.msgtype;
  return text ? [h('blockquote', { class: 'quoted' }, text)] : [];
}

/**
 * @param {Entry} original
 * @param {import('./store.js').Store} store
 */
function quotedEntry(original, store) {
  const media = original.media ?? original.parts?.find((part) => part.media !== undefined)?.media;
  return h(
    'blockquote',
    { class: 'quoted' },
    media && thumbnail(media),
    h('span', { class: 'quoted-text' }, h('cite', null, `${store.nameOf(original.from)}: `), summarize(original)),
  );
}

/** @param {Entry} entry */
function copyable(entry) {
  const shown = entry.card ?? entry.detail;
  if (shown !== undefined) return JSON.stringify(shown, null, 2);
  return splitReasoning(entry.content ?? '').answer || summarize(entry);
}
