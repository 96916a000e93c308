/** The part of the drawer for whoever is called: what happens to the next callback. */

import * as api from './api.js';
import { h } from './dom.js';
import { t } from './i18n.js';
import { ownerOf } from './partner.js';

/** @typedef {import('./texts.js').TextKey} TextKey */

/**
 * `only`: bots or apps, for what the others do not have.
 * @type {readonly { key: TextKey, hint: TextKey, fault: string | Record<string, number>, only?: 'bot' | 'app' }[]}
 */
const FAULTS = [
  { key: 'hook_twice', hint: 'hook_twice_hint', fault: 'twice' },
  { key: 'hook_signature', hint: 'hook_signature_hint', fault: 'wrong_signature' },
  { key: 'hook_stale', hint: 'hook_stale_hint', fault: { stale_timestamp: 3_600 } },
  { key: 'hook_garbled', hint: 'hook_garbled_hint', fault: 'garbled' },
  { key: 'hook_bomb', hint: 'hook_bomb_hint', fault: 'entity_bomb', only: 'app' },
  { key: 'hook_slow', hint: 'hook_slow_hint', fault: { slow_poll: 10_000 }, only: 'bot' },
  { key: 'hook_no_poll', hint: 'hook_no_poll_hint', fault: 'no_poll', only: 'bot' },
];

/**
 * @param {import('./partner.js').Partner} partner
 * @param {number} standing how many faults wait for their callback
 * @param {(change: () => Promise<unknown>, done: string) => Promise<void>} apply
 * @returns {HTMLElement[]}
 */
export function hookFaults(partner, standing, apply) {
  if (!partner.called) return [h('p', { class: 'drawer-intro' }, t('hook_silent'))];
  const owner = ownerOf(partner);
  const button = (/** @type {typeof FAULTS[number]} */ { key, hint, fault }) => h(
    'button',
    { type: 'button', on: { click: () => void apply(() => api.addHookFault(owner, fault), t('fault_done', { name: t(key) })) } },
    h('strong', null, t(key)),
    h('small', null, t(hint)),
  );
  return [
    h('h3', null, t('hook_next')),
    h('div', { class: 'drawer-actions' }, FAULTS.filter(({ only }) => only === undefined || (only === 'app') === partner.isApp).map(button)),
    h('p', { class: 'drawer-intro' }, t('hook_standing', { n: standing })),
    h('h3', null, t('hook_address')),
    h('div', { class: 'drawer-actions' }, h(
      'button',
      { type: 'button', on: { click: () => void apply(() => check(owner), t('hook_check_good')) } },
      h('strong', null, t('hook_check')),
      h('small', null, t('hook_check_hint')),
    )),
  ];
}

/** @param {string} owner */
async function check(owner) {
  const { problem } = await api.checkHook(owner);
  if (problem !== null) throw new Error(problem);
}
