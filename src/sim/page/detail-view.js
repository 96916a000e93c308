/** What only apps send or get: text cards, texts with links, places, shared links. */

import { h } from './dom.js';
import { text } from './fields.js';
import { t } from './i18n.js';
import { icon } from './icons.js';
import { safeHref } from './inline.js';
import { outsideLink } from './markdown.js';
import { plainText } from './plain-text.js';

/** @param {import('./types.js').Entry} entry */
export function detailBody(entry) {
  const detail = entry.detail ?? {};
  if (entry.type === 'location') return place(detail);
  return entry.type === 'link' ? shared(detail) : textCard(detail);
}

/**
 * An app's text may hold links, written as in HTML; all else is shown as it is.
 * @param {string} content
 */
export function appText(content) {
  const element = h('div', { class: 'plain' });
  const link = /<a href=["']([^"']*)["'][^>]*>([^<]*)<\/a>/g;
  let at = 0;
  for (const match of content.matchAll(link)) {
    const href = safeHref(match[1]);
    if (href === null) continue;
    element.append(...plainText(content.slice(at, match.index), []).childNodes, outsideLink(href, [match[2]]));
    at = match.index + match[0].length;
  }
  element.append(...plainText(content.slice(at), []).childNodes);
  return element;
}

/** @param {Record<string, any>} card */
function textCard(card) {
  const href = safeHref(text(card.url));
  const more = text(card.btntxt) || t('card_open');
  const link = href && outsideLink(href, [more, icon('chevron', 16)]);
  if (link) link.className = 'card-jump';
  return h(
    'section',
    { class: 'card', 'aria-label': text(card.title) || t('card') },
    h('div', { class: 'card-title' }, h('h3', null, text(card.title))),
    h('div', { class: 'text-card' }, styledLines(text(card.description))),
    link && h('footer', { class: 'card-jumps' }, link),
  );
}

/**
 * The description's lines: a `div` with a class is grey or highlighted, `br` ends a line.
 * @param {string} description
 */
function styledLines(description) {
  const lines = description.replace(/<br\s*\/?>/g, '\n');
  const styled = /<div class=["'](gray|highlight|normal)["']>([\s\S]*?)<\/div>/g;
  const drawn = [];
  let at = 0;
  for (const match of lines.matchAll(styled)) {
    const before = lines.slice(at, match.index);
    if (before.trim() !== '') drawn.push(h('p', null, before));
    drawn.push(h('p', { class: `is-${match[1]}` }, match[2]));
    at = match.index + match[0].length;
  }
  const rest = lines.slice(at);
  if (rest.trim() !== '') drawn.push(h('p', null, rest));
  return drawn;
}

/** @param {Record<string, any>} detail */
function place(detail) {
  return h(
    'div',
    { class: 'shared' },
    h('span', { class: 'card-thumb' }, icon('place', 22)),
    h('div', null, h('strong', null, text(detail.label)), h('p', null, `${text(detail.latitude)}, ${text(detail.longitude)}`)),
  );
}

/** @param {Record<string, any>} detail */
function shared(detail) {
  const href = safeHref(text(detail.url));
  const title = text(detail.title) || text(detail.url);
  return h(
    'div',
    { class: 'shared' },
    h('span', { class: 'card-thumb' }, icon('link', 22)),
    h('div', null, h('strong', null, href === null ? title : outsideLink(href, [title])), text(detail.description) && h('p', null, text(detail.description))),
  );
}
