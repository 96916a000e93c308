/** The narrow first column: who one is, and the page's few switches. */

import { h, iconButton } from './dom.js';
import { currentLanguage, setLanguage, t } from './i18n.js';
import { icon } from './icons.js';
import { personaButton } from './persona.js';

/**
 * @typedef {object} Host
 * @property {() => void} relabel  draws the page again, in the language that is set now
 * @property {() => void} faults   opens the drawer of faults
 */

/**
 * @param {import('./store.js').Store} store
 * @param {Host} host
 * @param {AbortSignal} signal
 */
export function rail(store, host, signal) {
  return h(
    'aside',
    { class: 'rail', 'aria-label': t('title') },
    h('h1', { class: 'visually-hidden' }, t('title')),
    personaButton(store, signal),
    h('span', { class: 'rail-current', title: t('chats') }, icon('chats', 24)),
    h('span', { class: 'rail-space' }),
    ...switches(host),
  );
}

/**
 * The switches; on a phone they stand above the list instead.
 * @param {Host} host
 */
export function switches(host) {
  const toggle = () => {
    setLanguage(currentLanguage() === 'zh' ? 'en' : 'zh');
    host.relabel();
  };
  return [
    iconButton(t('faults'), icon('bolt', 22), host.faults, { class: 'rail-button', 'aria-haspopup': 'dialog' }),
    h('button', { type: 'button', class: 'icon-button rail-button language', title: t('language_hint'), on: { click: toggle } }, currentLanguage() === 'zh' ? 'EN' : '中'),
  ];
}
