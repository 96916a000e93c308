/**
 * The scrolling list of entries. It holds a window of the newest ones and draws older
 * ones when the reader gets there, so that a long history costs nothing until read.
 */

import { h } from './dom.js';
import { EntryView, isNotice, OutgoingView } from './entry-view.js';
import { t } from './i18n.js';
import { icon } from './icons.js';

/** @typedef {import('./types.js').Entry} Entry */
/** @typedef {{ chat: string, context: import('./entry-view.js').Context }} Shown */

/** Entries drawn at first: more than the tallest window shows. */
const PAGE = 60;
/** Entries added at a time when scrolling up: few enough to be drawn within two frames. */
const OLDER = 20;
/** With more than this many drawn, the oldest are taken off while the reader is at the end. */
const MOST_DRAWN = 240;
/** A pause longer than this gets a time line, in ms. */
const PAUSE_MS = 5 * 60_000;
/** So near to its end a transcript counts as read to the end, in CSS pixels. */
const NEAR = 24;
/** Older entries are drawn before the reader reaches the first one, in CSS pixels. */
const AHEAD = 1_200;

export class TranscriptView {
  #list = h('ol', { class: 'entries', role: 'list' });
  #intro = h('div', { class: 'intro' });
  #scroller;
  #pill;
  /** @type {Map<number, EntryView>} */
  #views = new Map();
  /** @type {OutgoingView[]} */
  #outgoing = [];
  /** Index of the first entry that is drawn. */
  #first = 0;
  /** The reader is at the end and wants to stay there. */
  #pinned = true;
  #lastTop = 0;
  #missed = 0;
  /** @type {Shown | null} */
  #shown = null;
  #store;

  /**
   * @param {import('./store.js').Store} store
   * @param {AbortSignal} signal
   */
  constructor(store, signal) {
    this.#store = store;
    this.#pill = h('button', { type: 'button', class: 'pill', hidden: true, on: { click: () => this.toEnd(true) } });
    this.#scroller = h(
      'div',
      {
        class: 'transcript', role: 'log', 'aria-live': 'off', tabindex: 0,
        on: {
          scroll: () => this.#onScroll(),
          wheel: (/** @type {WheelEvent} */ event) => { if (event.deltaY < 0 && this.#canScroll()) this.#unpin(); },
        },
      },
      this.#intro,
      this.#list,
    );
    this.element = h('div', { class: 'transcript-box' }, this.#scroller, this.#pill);
    // Whatever makes the content grow (text, pictures, a taller composer): stay at the end.
    const sizes = new ResizeObserver(() => { if (this.#pinned) this.#jump(); });
    sizes.observe(this.#scroller);
    sizes.observe(this.#list);
    signal.addEventListener('abort', () => {
      sizes.disconnect();
      this.#clear();
    });
  }

  /**
   * Shows a chat from its end.
   * @param {string} chat
   * @param {import('./entry-view.js').Context} context
   * @param {{ label: string, intro: Node[] }} words
   */
  show(chat, context, { label, intro }) {
    this.#shown = { chat, context };
    this.#scroller.setAttribute('aria-label', label);
    this.#intro.replaceChildren(...intro);
    this.redraw();
  }

  /** Draws everything anew: the entries were replaced. */
  redraw() {
    this.#clear();
    const transcript = this.#transcript();
    if (transcript === null) return;
    this.#first = Math.max(0, transcript.entries.length - PAGE);
    for (let index = this.#first; index < transcript.entries.length; index += 1) this.#list.append(this.#view(index, false).element);
    this.#intro.hidden = this.#first > 0 || !transcript.loaded;
    this.drawOutgoing();
    this.toEnd(false);
  }

  /**
   * An entry is new or has changed.
   * @param {Entry} entry
   * @param {boolean} isNew
   */
  update(entry, isNew) {
    const transcript = this.#transcript();
    if (transcript === null || !transcript.loaded) return;
    const view = this.#views.get(entry.id);
    if (view !== undefined) {
      view.update(entry);
      return;
    }
    const index = transcript.entries.findLastIndex((other) => other.id === entry.id);
    if (index < this.#first) {
      // Older than what is drawn: it will be there when the reader gets to it.
      this.#first += 1;
      return;
    }
    const next = transcript.entries[index + 1];
    const before = (next && this.#views.get(next.id)?.element) ?? this.#outgoing[0]?.element ?? null;
    const mine = entry.from.kind === 'user' && entry.from.id === this.#store.me;
    const added = this.#view(index, isNew);
    if (isNew && !mine) added.element.classList.add('is-new');
    this.#list.insertBefore(added.element, before);
    if (mine) this.drawOutgoing();
    if (!this.#pinned && isNew && !isNotice(entry)) this.#missed += 1;
    this.#trim();
    this.#showPill();
  }

  /** Shows the page's own messages that the server has not shown yet. */
  drawOutgoing() {
    const transcript = this.#transcript();
    if (transcript === null || this.#shown === null) return;
    const { chat, context } = this.#shown;
    const grew = transcript.outgoing.length > this.#outgoing.length;
    for (const view of this.#outgoing) view.element.remove();
    this.#outgoing = transcript.outgoing.filter((message) => message.from === this.#store.me).map((message) => new OutgoingView(message, chat, context));
    this.#list.append(...this.#outgoing.map((view) => view.element));
    if (grew) this.toEnd(false);
  }

  /** @param {string} msgid */
  markUndelivered(msgid) {
    const transcript = this.#transcript();
    if (msgid === '' || !transcript?.undelivered.has(msgid)) return;
    const entry = transcript.entries.findLast((other) => other.msgid === msgid);
    if (entry) this.#views.get(entry.id)?.markUndelivered();
  }

  /** @param {boolean} smoothly */
  toEnd(smoothly) {
    this.#pinned = true;
    this.#missed = 0;
    const far = this.#scroller.scrollHeight - this.#scroller.scrollTop - this.#scroller.clientHeight;
    if (smoothly && far < 4 * this.#scroller.clientHeight && !matchMedia('(prefers-reduced-motion: reduce)').matches) {
      this.#scroller.scrollTo({ top: this.#scroller.scrollHeight, behavior: 'smooth' });
    } else this.#jump();
    this.#showPill();
  }

  #transcript() {
    return this.#shown === null ? null : this.#store.transcript(this.#shown.chat);
  }

  #clear() {
    for (const view of this.#views.values()) view.dispose();
    this.#views.clear();
    this.#outgoing = [];
    this.#list.replaceChildren();
  }

  /**
   * @param {number} index
   * @param {boolean} live
   */
  #view(index, live) {
    const { entries, undelivered } = /** @type {import('./transcript.js').Transcript} */ (this.#transcript());
    const entry = entries[index];
    const previous = entries[index - 1];
    const separator = previous === undefined || entry.at - previous.at > PAUSE_MS;
    const view = new EntryView(entry, /** @type {Shown} */ (this.#shown).context, { separator, live });
    this.#views.set(entry.id, view);
    if (entry.msgid && undelivered.has(entry.msgid)) view.markUndelivered();
    return view;
  }

  #onScroll() {
    const { scrollTop } = this.#scroller;
    const rest = this.#scroller.scrollHeight - scrollTop - this.#scroller.clientHeight;
    if (rest < 2 || (rest < NEAR && scrollTop >= this.#lastTop)) {
      this.#pinned = true;
      this.#missed = 0;
    } else if (scrollTop < this.#lastTop - 1) this.#pinned = false;
    this.#lastTop = scrollTop;
    if (scrollTop < AHEAD && !this.#pinned) this.#drawOlder();
    this.#showPill();
  }

  #canScroll() {
    return this.#scroller.scrollHeight > this.#scroller.clientHeight && this.#scroller.scrollTop > 0;
  }

  #unpin() {
    this.#pinned = false;
    this.#showPill();
  }

  #drawOlder() {
    if (this.#first === 0) return;
    const from = Math.max(0, this.#first - OLDER);
    const older = document.createDocumentFragment();
    for (let index = from; index < this.#first; index += 1) older.append(this.#view(index, false).element);
    const height = this.#scroller.scrollHeight;
    const top = this.#scroller.scrollTop;
    this.#first = from;
    this.#list.prepend(older);
    this.#intro.hidden = from > 0;
    this.#scroller.scrollTop = top + this.#scroller.scrollHeight - height;
    this.#lastTop = this.#scroller.scrollTop;
  }

  /** Takes old entries off the page again, when nobody looks at them. */
  #trim() {
    const transcript = this.#transcript();
    if (transcript === null || !this.#pinned || this.#views.size <= MOST_DRAWN) return;
    const keepFrom = transcript.entries.length - PAGE;
    for (let index = this.#first; index < keepFrom; index += 1) {
      const { id } = transcript.entries[index];
      this.#views.get(id)?.dispose();
      this.#views.delete(id);
    }
    this.#first = keepFrom;
    this.#intro.hidden = true;
  }

  #jump() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#lastTop = this.#scroller.scrollTop;
  }

  #showPill() {
    const rest = this.#scroller.scrollHeight - this.#scroller.scrollTop - this.#scroller.clientHeight;
    const shown = !this.#pinned && (this.#missed > 0 || rest > this.#scroller.clientHeight / 2);
    this.#pill.hidden = !shown;
    if (!shown) return;
    const label = this.#missed > 0 ? t('new_messages', { n: this.#missed }) : t('to_bottom');
    if (this.#pill.textContent === label) return;
    this.#pill.classList.toggle('is-new', this.#missed > 0);
    this.#pill.replaceChildren(icon('down', 16), label);
  }
}
