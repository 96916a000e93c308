/** The buttons below an answer that asks to be rated. */

import { rate } from './actions.js';
import { openForm } from './dialog.js';
import { h } from './dom.js';
import { t } from './i18n.js';
import { icon } from './icons.js';

/** The service's reasons, by number. */
const REASONS = /** @type {const} */ ([[1, 'reason_off_topic'], [2, 'reason_incomplete'], [3, 'reason_wrong'], [4, 'reason_analysis']]);

/**
 * @param {import('./store.js').Store} store
 * @param {import('./types.js').Entry} entry
 * @returns {HTMLElement | null} null where nothing is asked
 */
export function ratingButtons(store, entry) {
  if (entry.from.kind !== 'bot' || !entry.feedback_id || entry.finished === false) return null;
  const mine = entry.ratings?.[store.me];
  /**
   * @param {1 | 2} type
   * @param {string} label
   * @param {import('./icons.js').IconName} name
   * @param {() => void} press
   */
  const button = (type, label, name, press) => h(
    'button',
    {
      type: 'button', class: 'rating', 'aria-pressed': String(mine === type), 'aria-label': label, title: label,
      on: { click: () => (mine === type ? void rate(store, entry, { type: 3 }) : press()) },
    },
    icon(name, 16),
  );
  return h(
    'div',
    { class: 'ratings', role: 'group', 'aria-label': t('rating') },
    button(1, t('like'), 'up', () => void rate(store, entry, { type: 1 })),
    button(2, t('dislike'), 'thumbDown', () => openReasons(store, entry)),
  );
}

/**
 * @param {import('./store.js').Store} store
 * @param {import('./types.js').Entry} entry
 */
function openReasons(store, entry) {
  const reasons = REASONS.map(([number, key]) => ({ number, label: t(key), input: h('input', { type: 'checkbox' }) }));
  const words = h('textarea', { rows: 3, placeholder: t('rating_placeholder') });
  openForm({
    title: t('dislike'),
    submit: t('rating_submit'),
    body: [
      h('fieldset', { class: 'window-options' }, h('legend', null, t('rating_reasons')), reasons.map(({ label, input }) => h('label', null, input, h('span', null, label)))),
      h('label', { class: 'window-field' }, h('span', null, t('rating_words')), words),
    ],
    onSubmit: () => {
      const chosen = reasons.filter(({ input }) => input.checked).map(({ number }) => number);
      void rate(store, entry, { type: 2, content: words.value.trim(), inaccurate_reason_list: chosen });
    },
  });
}
