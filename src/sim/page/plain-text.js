/** What people type: shown as it is, with addresses and mentions made visible. */

import { h } from './dom.js';
import { bareUrl, safeHref } from './inline.js';
import { outsideLink } from './markdown.js';

/**
 * @param {string} text
 * @param {string[]} names whose mentions are marked
 */
export function plainText(text, names) {
  const element = h('div', { class: 'plain' });
  let plain = '';
  const flush = () => {
    if (plain !== '') element.append(plain);
    plain = '';
  };
  for (let at = 0; at < text.length;) {
    const name = text[at] === '@' ? names.find((candidate) => candidate !== '' && text.startsWith(candidate, at + 1)) : undefined;
    const url = text[at] === 'h' ? bareUrl(text.slice(at, at + 2100)) : null;
    const href = url && safeHref(url);
    if (name !== undefined) {
      flush();
      element.append(h('span', { class: 'mention' }, `@${name}`));
      at += name.length + 1;
    } else if (url && href) {
      flush();
      element.append(outsideLink(href, [url]));
      at += url.length;
    } else {
      plain += text[at];
      at += 1;
    }
  }
  flush();
  return element;
}
