/**
 * Template cards. A card is whatever the bot sent, so every field is read as if it
 * could be missing or of another type.
 */

import { cardForm } from './card-form.js';
import { h } from './dom.js';
import { fields, items, text } from './fields.js';
import { t } from './i18n.js';
import { icon } from './icons.js';
import { safeHref } from './inline.js';
import { outsideLink } from './markdown.js';

/** @typedef {import('./fields.js').Fields} Fields */

/**
 * @typedef {object} CardHost  what a card can cause
 * @property {(press: { key: string, answers: Map<string, string[]> }) => Promise<boolean>} press
 * @property {(question: string) => void} ask  a jump that asks the bot something
 */

const TYPES = ['text_notice', 'news_notice', 'button_interaction', 'vote_interaction', 'multiple_interaction'];
const SOURCE_COLOURS = ['', 'is-strong', 'is-red', 'is-green'];

/**
 * @param {Fields} card
 * @param {CardHost} host
 */
export function drawCard(card, host) {
  const type = text(card.card_type);
  return h(
    'section',
    { class: 'card', 'aria-label': text(fields(card.main_title).title) || t('card'), data: { card: type } },
    head(card, host),
    picture(fields(card.card_image)),
    title(fields(card.main_title)),
    emphasis(fields(card.emphasis_content)),
    text(card.sub_title_text) && h('p', { class: 'card-sub' }, text(card.sub_title_text)),
    quote(fields(card.quote_area)),
    imageText(fields(card.image_text_area)),
    items(card.vertical_content_list).map((item) => h('div', { class: 'card-vertical' }, h('strong', null, text(item.title)), text(item.desc) && h('p', null, text(item.desc)))),
    horizontal(items(card.horizontal_content_list)),
    cardForm(card, host),
    jumps(card, host),
    !TYPES.includes(type) && h('p', { class: 'card-sub' }, t('card_unknown', { type })),
  );
}

/**
 * @param {Fields} card
 * @param {CardHost} host
 */
function head(card, host) {
  const source = fields(card.source);
  const actions = items(fields(card.action_menu).action_list);
  if (!text(source.desc) && actions.length === 0) return null;
  return h(
    'header',
    { class: 'card-head' },
    h('span', { class: `card-source ${SOURCE_COLOURS[source.desc_color] ?? ''}` }, text(source.desc)),
    actions.length > 0 && menu(text(fields(card.action_menu).desc), actions, host),
  );
}

/**
 * @param {string} label
 * @param {Fields[]} actions
 * @param {CardHost} host
 */
function menu(label, actions, host) {
  const details = h(
    'details',
    { class: 'card-menu' },
    h('summary', { 'aria-label': label || t('card_menu'), title: label || t('card_menu') }, icon('more', 18)),
    h('div', { class: 'card-menu-list' }, actions.map((action) => h('button', {
      type: 'button',
      on: {
        click: () => {
          details.open = false;
          void host.press({ key: text(action.key), answers: new Map() });
        },
      },
    }, text(action.text)))),
  );
  details.addEventListener('focusout', (event) => {
    if (!details.contains(/** @type {Node | null} */ (event.relatedTarget))) details.open = false;
  });
  return details;
}

/** @param {Fields} main */
function title(main) {
  if (!text(main.title) && !text(main.desc)) return null;
  return h(
    'div',
    { class: 'card-title' },
    text(main.title) && h('h3', null, text(main.title)),
    text(main.desc) && h('p', null, text(main.desc)),
  );
}

/** @param {Fields} content */
function emphasis(content) {
  if (!text(content.title) && !text(content.desc)) return null;
  return h('div', { class: 'card-emphasis' }, h('strong', null, text(content.title)), h('span', null, text(content.desc)));
}

/** @param {Fields} area */
function quote(area) {
  if (!text(area.title) && !text(area.quote_text)) return null;
  return linked(area, h('blockquote', { class: 'card-quote' }, text(area.title) && h('strong', null, text(area.title)), text(area.quote_text) && h('p', null, text(area.quote_text))));
}

/**
 * The picture of a card lies on another server. The page fetches nothing from
 * elsewhere, so it stands for it and leads to it.
 * @param {Fields} image
 */
function picture(image) {
  const href = safeHref(text(image.url));
  if (href === null) return null;
  return h('div', { class: 'card-image' }, outsideLink(href, [icon('image', 28), h('span', null, t('open_image')), h('small', null, new URL(href).host)]));
}

/** @param {Fields} area */
function imageText(area) {
  if (!text(area.title) && !text(area.desc) && !text(area.image_url)) return null;
  return linked(area, h(
    'div',
    { class: 'card-image-text' },
    h('span', { class: 'card-thumb' }, icon('image', 22)),
    h('div', null, text(area.title) && h('strong', null, text(area.title)), text(area.desc) && h('p', null, text(area.desc))),
  ));
}

/** @param {Fields[]} rows */
function horizontal(rows) {
  if (rows.length === 0) return null;
  return h('dl', { class: 'card-rows' }, rows.map((row) => {
    const value = text(row.value);
    const href = row.type === 1 ? safeHref(text(row.url)) : null;
    return h(
      'div',
      null,
      h('dt', null, text(row.keyname)),
      h('dd', null, href !== null ? outsideLink(href, [value || href]) : row.type === 3 ? h('span', { class: 'mention', title: t('card_member', { name: text(row.userid) }) }, value || text(row.userid)) : value),
    );
  }));
}

/**
 * @param {Fields} card
 * @param {CardHost} host
 */
function jumps(card, host) {
  const rows = items(card.jump_list).map((jump) => {
    const question = text(jump.question);
    if (jump.type === 3 && question !== '') {
      return h('button', { type: 'button', class: 'card-jump', on: { click: () => host.ask(question) } }, text(jump.title), icon('chevron', 16));
    }
    return target(jump, text(jump.title));
  });
  rows.push(target(fields(card.card_action), t('card_open')));
  const shown = rows.filter((row) => row !== null);
  return shown.length === 0 ? null : h('footer', { class: 'card-jumps' }, shown);
}

/**
 * @param {Fields} action
 * @param {string} label
 */
function target(action, label) {
  const href = action.type === 1 ? safeHref(text(action.url)) : null;
  if (href !== null) {
    const link = outsideLink(href, [label, icon('chevron', 16)]);
    link.className = 'card-jump';
    return link;
  }
  if (action.type === 2) return h('span', { class: 'card-jump is-dead', title: t('card_mini') }, label);
  return action.type === undefined || label === t('card_open') ? null : h('span', { class: 'card-jump is-dead' }, label);
}

/**
 * @param {Fields} area
 * @param {HTMLElement} element
 */
function linked(area, element) {
  const href = area.type === 1 ? safeHref(text(area.url)) : null;
  if (href === null) return element;
  const link = outsideLink(href, [element]);
  link.className = 'card-link';
  return link;
}
