/** The page's language: Chinese or English, detected once, then remembered. */

import { TEXTS } from './texts.js';

/** @typedef {'zh' | 'en'} Language */

const KEY = 'wecom-sim.language';

/** @type {Language} */
let language = stored() ?? (/^zh\b/i.test(navigator.language) ? 'zh' : 'en');

/** @returns {Language | null} */
function stored() {
  const value = localStorage.getItem(KEY);
  return value === 'zh' || value === 'en' ? value : null;
}

export function currentLanguage() {
  return language;
}

/** @param {Language} next */
export function setLanguage(next) {
  language = next;
  localStorage.setItem(KEY, next);
}

/** The BCP 47 tag for dates, numbers and the document. */
export function locale() {
  return language === 'zh' ? 'zh-CN' : 'en';
}

/**
 * One text of the page, with `{name}` places filled in.
 * @param {import('./texts.js').TextKey} key
 * @param {Record<string, string | number>} [values]
 */
export function t(key, values = {}) {
  return TEXTS[language][key].replace(/\{(\w+)\}/g, (place, name) => String(values[name] ?? place));
}
