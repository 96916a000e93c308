/** Markdown as elements. A view is kept while its message grows. */

import { parseBlocks } from './blocks.js';
import { copyText } from './clipboard.js';
import { append, h } from './dom.js';
import { t } from './i18n.js';
import { icon } from './icons.js';
import { parseInline } from './inline.js';

/** @typedef {import('./blocks.js').Block} Block */

/** A last line of marks alone: what it will be (list, rule, bold) shows with the next letter. */
const LONE_MARK = /(^|\n)[ \t]*(?:[-*+_~`#>|]{1,3}|\d{1,3}[.)])[ \t]*$/;
/** A table's head without the row that makes it one: it shows once that row is there. */
const TABLE_HEAD = /^\|[^\n]*(?:\n\|[\s:|-]*)?$/;

export class MarkdownView {
  element = h('div', { class: 'md' });
  /** What each child of the element was drawn from. @type {string[]} */
  #drawn = [];

  /**
   * @param {string} text
   * @param {boolean} growing more is to come: a caret is shown, and a block that is not
   *   closed yet counts as if it were
   */
  show(text, growing) {
    this.element.querySelector('.caret')?.remove();
    const blocks = parseBlocks(growing ? text.replace(LONE_MARK, '$1') : text);
    const last = blocks.at(-1);
    if (growing && last?.kind === 'paragraph' && TABLE_HEAD.test(last.text)) blocks.pop();
    const keys = blocks.map((block, index) => `${growing && index === blocks.length - 1 ? '+' : '='}${block.source}`);
    let same = 0;
    while (same < keys.length && keys[same] === this.#drawn[same]) same += 1;
    while (this.element.childNodes.length > same) this.element.lastChild?.remove();
    for (let index = same; index < blocks.length; index += 1) {
      this.element.append(drawBlock(blocks[index], keys[index].startsWith('+')));
    }
    this.#drawn = keys;
    if (growing) caretPlace(this.element).append(h('span', { class: 'caret', 'aria-hidden': 'true' }));
  }
}

/**
 * The innermost block at the end of the text: that is where one writes on.
 * @param {Element} element
 * @returns {Element}
 */
function caretPlace(element) {
  const last = element.lastElementChild;
  if (last === null || !last.matches('p, h1, h2, h3, h4, h5, h6, ul, ol, li, blockquote, .code, pre, pre > code, .table, table, tbody, tr, td')) return element;
  if (element.matches('li, td') && last !== element.lastChild) return element;
  return caretPlace(last);
}

/**
 * @param {Block} block
 * @param {boolean} growing
 * @returns {HTMLElement}
 */
function drawBlock(block, growing) {
  switch (block.kind) {
    // Inside a chat, a message's first heading is no page heading: levels start at 3.
    case 'heading': return h(/** @type {'h3'} */ (`h${Math.min(block.level + 2, 6)}`), { class: `h${block.level}` }, drawSpans(block.text, growing));
    case 'paragraph': return h('p', null, drawSpans(block.text, growing));
    case 'code': return drawCode(block.language, block.text);
    case 'quote': return h('blockquote', null, drawBlocks(block.blocks, growing));
    case 'list': return drawList(block, growing);
    case 'table': return drawTable(block);
    case 'rule': return h('hr', null);
  }
}

/**
 * @param {Block[]} blocks
 * @param {boolean} growing
 */
function drawBlocks(blocks, growing) {
  return blocks.map((block, index) => drawBlock(block, growing && index === blocks.length - 1));
}

/**
 * @param {Extract<Block, { kind: 'list' }>} list
 * @param {boolean} growing
 */
function drawList(list, growing) {
  const items = list.items.map((item, index) => {
    const grows = growing && index === list.items.length - 1;
    // One paragraph alone needs no paragraph's margins.
    const [first, ...rest] = item.blocks;
    const content = first?.kind === 'paragraph'
      ? [...drawSpans(first.text, grows && rest.length === 0), ...drawBlocks(rest, grows)]
      : drawBlocks(item.blocks, grows);
    if (item.checked === null) return h('li', null, content);
    const box = h('input', { type: 'checkbox', disabled: true, 'aria-label': t(item.checked ? 'task_done' : 'task_open'), prop: { checked: item.checked } });
    return h('li', { class: 'task' }, box, content);
  });
  if (list.start === null) return h('ul', null, items);
  return h('ol', { start: list.start === 1 ? null : list.start }, items);
}

/** @param {Extract<Block, { kind: 'table' }>} table */
function drawTable({ align, head, rows }) {
  /**
   * @param {'th' | 'td'} tag
   * @param {string[]} cells
   */
  const row = (tag, cells) => h('tr', null, cells.map((cell, column) => h(
    tag,
    { class: align[column] ? `align-${align[column]}` : null, scope: tag === 'th' ? 'col' : null },
    drawSpans(cell, false),
  )));
  return h(
    'div',
    { class: 'table', tabindex: 0, role: 'group' },
    h('table', null, h('thead', null, row('th', head)), h('tbody', null, rows.map((cells) => row('td', cells)))),
  );
}

/**
 * @param {string} language
 * @param {string} text
 */
function drawCode(language, text) {
  const button = h(
    'button',
    { type: 'button', class: 'code-copy', 'aria-label': t('copy_code'), title: t('copy_code'), on: { click: () => copyText(text, button) } },
    icon('copy', 15),
  );
  return h(
    'div',
    { class: 'code' },
    h('div', { class: 'code-head' }, h('span', { class: 'code-language' }, language || 'text'), button),
    h('pre', { tabindex: 0 }, h('code', null, text)),
  );
}

/**
 * @param {string} text
 * @param {boolean} growing
 */
function drawSpans(text, growing) {
  return parseInline(text, growing).map(drawSpan);
}

/**
 * @param {import('./inline.js').Span} span
 * @returns {Node}
 */
function drawSpan(span) {
  switch (span.kind) {
    case 'text': return document.createTextNode(span.text);
    case 'break': return h('br', null);
    case 'code': return h('code', null, span.text);
    case 'strong': return h('strong', null, span.children.map(drawSpan));
    case 'em': return h('em', null, span.children.map(drawSpan));
    case 'colour': return h('span', { class: `tone-${span.tone}` }, span.children.map(drawSpan));
    case 'strike': return h('s', null, span.children.map(drawSpan));
    case 'link': return outsideLink(span.href, span.children.map(drawSpan));
  }
}

/**
 * A link that leaves the page. The address must have passed `safeHref`.
 * @param {string} href
 * @param {(Node | string)[]} children
 */
export function outsideLink(href, children) {
  const link = h('a', { href, target: '_blank', rel: 'noopener noreferrer nofollow' });
  append(link, children);
  return link;
}
