/** A bot's text: the thinking animation, the folded reasoning, the answer as it grows. */

import { h } from './dom.js';
import { t } from './i18n.js';
import { icon } from './icons.js';
import { MarkdownView } from './markdown.js';
import { splitReasoning } from './reasoning.js';
import { Typewriter } from './typewriter.js';

export class StreamBody {
  element = h('div', { class: 'stream' });
  #answer = new MarkdownView();
  #empty = h('span', { class: 'muted', hidden: true }, t('empty_reply'));
  #typewriter = new Typewriter((text, growing) => {
    this.#answer.show(text, growing && text !== '');
    this.element.classList.toggle('is-growing', growing);
  });
  /** @type {HTMLElement | null} */
  #dots = null;
  /** @type {{ element: HTMLDetailsElement, label: HTMLElement, text: HTMLElement } | null} */
  #reasoning = null;

  constructor() {
    this.element.append(this.#answer.element, this.#empty);
  }

  /**
   * @param {import('./types.js').Entry} entry
   * @param {boolean} atOnce the text is not new: nothing has to grow
   */
  show(entry, atOnce) {
    const finished = entry.type !== 'stream' || entry.finished === true;
    const { reasoning, open, answer } = splitReasoning(entry.content ?? '');
    const visible = answer.trim() !== '';
    this.#showReasoning(reasoning, open && !finished, visible);
    this.#showDots((entry.thinking || !finished) && !visible && reasoning === '');
    this.#answer.element.hidden = !visible;
    this.#empty.hidden = !finished || entry.thinking === true || visible || reasoning !== '';
    this.#typewriter.set(answer, finished, atOnce);
  }

  /** Ends the animation of a body that is taken off the page. */
  dispose() {
    this.#typewriter.stop();
  }

  /** @param {boolean} thinking */
  #showDots(thinking) {
    if (thinking === (this.#dots !== null)) return;
    this.#dots?.remove();
    this.#dots = thinking
      ? h('div', { class: 'thinking', role: 'status' }, h('span', { class: 'thinking-dots', 'aria-hidden': 'true' }, h('i', null), h('i', null), h('i', null)), h('span', { class: 'thinking-text' }, t('thinking')))
      : null;
    if (this.#dots) this.element.prepend(this.#dots);
  }

  /**
   * @param {string} text
   * @param {boolean} open
   * @param {boolean} answered
   */
  #showReasoning(text, open, answered) {
    if (text === '') {
      this.#reasoning?.element.remove();
      this.#reasoning = null;
      return;
    }
    if (this.#reasoning === null) {
      const label = h('span', null);
      const body = h('div', { class: 'reasoning-text' });
      const element = h('details', { class: 'reasoning', prop: { open } }, h('summary', null, icon('bulb', 16), label, h('span', { class: 'fold' }, icon('chevron', 14))), body);
      this.#reasoning = { element, label, text: body };
      this.element.prepend(element);
    }
    const { element, label, text: body } = this.#reasoning;
    // Folds itself away once, when the answer begins; afterwards it is the reader's.
    if (answered && element.classList.contains('is-live')) element.open = false;
    element.classList.toggle('is-live', open);
    label.textContent = t(open ? 'reasoning_live' : 'reasoning');
    body.textContent = text;
  }
}
