/** The list that opens after an `@` in a group. The focus stays in the text. */

import { botAvatar, userAvatar } from './avatar.js';
import { h } from './dom.js';
import { t } from './i18n.js';

/** @typedef {{ id: string, name: string, isBot: boolean }} Person */

export class MentionPopup {
  element = h('div', { class: 'menu mention-menu', role: 'listbox', id: 'mentions', 'aria-label': t('mention_list'), hidden: true });
  #box;
  #changed;
  /** @type {Person[]} */
  #people = [];
  /** @type {Person[]} */
  #shown = [];
  #selected = 0;
  /** Where the `@` stands that is being completed. */
  #from = 0;

  /**
   * @param {HTMLTextAreaElement} box
   * @param {() => void} changed the text was changed by choosing somebody
   */
  constructor(box, changed) {
    this.#box = box;
    this.#changed = changed;
  }

  /** @param {Person[]} people */
  offer(people) {
    this.#people = people;
    this.#box.setAttribute('aria-autocomplete', people.length > 0 ? 'list' : 'none');
    this.#box.setAttribute('aria-controls', 'mentions');
  }

  /** Types an `@` and opens. */
  open() {
    const { selectionStart: at, value } = this.#box;
    const gap = at > 0 && !/\s/.test(value[at - 1]) ? ' ' : '';
    this.#box.focus();
    this.#box.setRangeText(`${gap}@`, at, this.#box.selectionEnd, 'end');
    this.#changed();
  }

  onInput() {
    const { selectionStart: at, value } = this.#box;
    const match = /(?:^|[\s\p{Script=Han}\p{P}])@([^\s@]{0,30})$/u.exec(value.slice(0, at));
    const wanted = match?.[1].toLowerCase() ?? '';
    const shown = match === null ? [] : this.#people.filter((person) => `${person.name}\n${person.id}`.toLowerCase().includes(wanted));
    // A name that is complete needs no list any more.
    if (shown.length === 0 || (shown.length === 1 && shown[0].name.toLowerCase() === wanted)) {
      this.hide();
      return;
    }
    this.#from = at - wanted.length - 1;
    this.#shown = shown;
    this.#selected = 0;
    this.element.hidden = false;
    this.#draw();
  }

  /**
   * @param {KeyboardEvent} event
   * @returns {boolean} whether the key was for this list
   */
  onKey(event) {
    if (this.element.hidden) return false;
    const count = this.#shown.length;
    if (event.key === 'ArrowDown') this.#selected = (this.#selected + 1) % count;
    else if (event.key === 'ArrowUp') this.#selected = (this.#selected + count - 1) % count;
    else if (event.key === 'Enter' || event.key === 'Tab') this.#choose(this.#shown[this.#selected]);
    else if (event.key === 'Escape') this.hide();
    else return false;
    event.preventDefault();
    if (!this.element.hidden) this.#draw();
    return true;
  }

  hide() {
    this.element.hidden = true;
    this.#box.removeAttribute('aria-activedescendant');
  }

  #draw() {
    this.element.replaceChildren(...this.#shown.map((person, index) => h(
      'div',
      {
        class: 'menu-item', role: 'option', id: `mention-${index}`, 'aria-selected': String(index === this.#selected),
        // Before the text loses the focus, which closes the list.
        on: { pointerdown: (/** @type {Event} */ event) => { event.preventDefault(); this.#choose(person); } },
      },
      person.isBot ? botAvatar() : userAvatar(person),
      h('span', { class: 'menu-name' }, person.name),
      person.isBot && h('span', { class: 'tag' }, t('bot')),
    )));
    this.#box.setAttribute('aria-activedescendant', `mention-${this.#selected}`);
    this.element.children[this.#selected]?.scrollIntoView({ block: 'nearest' });
  }

  /** @param {Person} person */
  #choose(person) {
    this.#box.setRangeText(`@${person.name} `, this.#from, this.#box.selectionStart, 'end');
    this.hide();
    this.#changed();
  }
}
