/** Copying, with a word of success where the reader is looking. */

import { t } from './i18n.js';
import { icon } from './icons.js';
import { toast } from './toast.js';

/** How long the check mark stays, in ms. */
const SHOWN_MS = 1_500;

/**
 * @param {string} text
 * @param {HTMLElement} button shows a check mark for a moment
 */
export async function copyText(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Plain HTTP on another host than localhost has no clipboard.
    toast(t('copy_failed'), 'error');
    return;
  }
  const before = [...button.childNodes];
  const label = button.getAttribute('aria-label') ?? '';
  button.replaceChildren(icon('check', 15));
  button.setAttribute('aria-label', t('copied'));
  setTimeout(() => {
    button.replaceChildren(...before);
    button.setAttribute('aria-label', label);
  }, SHOWN_MS);
}
