/** Short messages that go away by themselves. */

import { h } from './dom.js';
import { icon } from './icons.js';

const SHOWN_MS = { info: 2_500, error: 6_000 };
/** More at once would hide the chat. */
const MOST = 3;

/**
 * @param {string} text
 * @param {'info' | 'error'} [kind]
 */
export function toast(text, kind = 'info') {
  const area = document.getElementById('toasts');
  if (area === null) return;
  const shown = [...area.children];
  if (shown.some((other) => other.textContent === text)) return;
  if (shown.length >= MOST) shown[0].remove();
  const element = h('div', { class: `toast toast-${kind}` }, icon(kind === 'error' ? 'alert' : 'check', 18), h('span', null, text));
  area.append(element);
  // Shown anew, it lies above a dialog that was opened in between.
  if (area.matches(':popover-open')) area.hidePopover();
  area.showPopover();
  setTimeout(() => element.remove(), SHOWN_MS[kind]);
}

/** @param {unknown} error */
export function reasonOf(error) {
  return error instanceof Error ? error.message : String(error);
}
