/** What is attached to a message that is being written: stored at once, sent later. */

import * as api from './api.js';
import { h, iconButton } from './dom.js';
import { t } from './i18n.js';
import { icon } from './icons.js';
import { kindOf, nameOf } from './media-kind.js';
import { fileSize } from './time.js';
import { reasonOf, toast } from './toast.js';

/** @typedef {import('./types.js').Media} Media */
/** @typedef {{ media: Media | null, name: string, size: number, type: Media['type'], abort: AbortController }} Item */

/** With a text, as many as one message can hold. */
const MOST = 31;
/** The simulator takes no more, in bytes. */
const LARGEST = 100 * 1024 * 1024;

export class Tray {
  element = h('ul', { class: 'tray', role: 'list', hidden: true, 'aria-label': t('attached') });
  /** @type {Item[]} */
  #items = [];
  #onChange;

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  get isEmpty() {
    return this.#items.length === 0;
  }

  /** Whether everything is stored. */
  get isReady() {
    return this.#items.every((item) => item.media !== null);
  }

  /** Hands over what is attached: the tray is empty afterwards. @returns {Media[]} */
  take() {
    const taken = this.#items.flatMap((item) => item.media ?? []);
    this.#items = [];
    this.#draw();
    return taken;
  }

  /** What is attached, kept for a draft. */
  keep() {
    return this.#items;
  }

  /** @param {Item[]} items */
  show(items) {
    this.#items = items;
    this.#draw();
  }

  /**
   * @param {Iterable<File>} files
   * @param {Media['type']} [as] what they are sent as, whatever they are
   */
  add(files, as) {
    for (const file of files) {
      if (this.#items.length >= MOST) {
        toast(t('too_many', { n: MOST }), 'error');
        break;
      }
      if (file.size > LARGEST) toast(t('too_large', { name: nameOf(file), size: fileSize(LARGEST) }), 'error');
      else void this.#store(file, as ?? kindOf(file));
    }
  }

  /**
   * @param {File} file
   * @param {Media['type']} type
   */
  async #store(file, type) {
    /** @type {Item} */
    const item = { media: null, name: nameOf(file), size: file.size, type, abort: new AbortController() };
    // The drafts of other chats keep lists of their own: this one's grows.
    const items = this.#items;
    items.push(item);
    this.#draw();
    try {
      item.media = await api.upload(type, item.name, file, item.abort.signal);
    } catch (error) {
      const at = items.indexOf(item);
      if (at >= 0) items.splice(at, 1);
      if (!item.abort.signal.aborted) toast(t('upload_failed', { name: item.name, reason: reasonOf(error) }), 'error');
    }
    this.#draw();
  }

  /** @param {Item} item */
  #remove(item) {
    item.abort.abort();
    const at = this.#items.indexOf(item);
    if (at >= 0) this.#items.splice(at, 1);
    this.#draw();
  }

  #draw() {
    this.element.hidden = this.isEmpty;
    this.element.replaceChildren(...this.#items.map((item) => h(
      'li',
      { class: `tray-item is-${item.type}${item.media === null ? ' is-busy' : ''}` },
      item.type === 'image' && item.media !== null
        ? h('img', { src: api.mediaUrl(item.media.id), alt: item.name, title: item.name })
        : [icon(item.type, 22), h('span', { class: 'tray-text' }, h('span', { class: 'tray-name', title: item.name }, item.name), h('small', null, item.media === null ? t('uploading') : fileSize(item.size)))],
      iconButton(t('remove', { name: item.name }), icon('close', 13), () => this.#remove(item), { class: 'tray-remove' }),
    )));
    this.#onChange();
  }
}
