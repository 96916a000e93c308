/** Small windows above the page: they close on Escape, outside, and by a button. */

import { h, iconButton } from './dom.js';
import { t } from './i18n.js';
import { icon } from './icons.js';

/**
 * A dialog with a form. Focus goes back to where it was when it closes.
 * @param {{ title: string, submit: string, body: (Node | null)[], onSubmit: () => boolean | void }} words
 *   `onSubmit` may answer false to stay open
 */
export function openForm({ title, submit, body, onSubmit }) {
  const dialog = h('dialog', { class: 'window', 'aria-label': title });
  const form = h(
    'form',
    {
      on: {
        submit: (/** @type {Event} */ event) => {
          event.preventDefault();
          if (onSubmit() !== false) dialog.close();
        },
      },
    },
    h('header', { class: 'window-head' }, h('h2', null, title), iconButton(t('close'), icon('close', 18), () => dialog.close())),
    h('div', { class: 'window-body' }, body),
    h('footer', { class: 'window-foot' }, h('button', { type: 'button', class: 'plain-button', on: { click: () => dialog.close() } }, t('cancel')), h('button', { type: 'submit', class: 'main-button' }, submit)),
  );
  dialog.append(form);
  openDialog(dialog);
}

/** @param {HTMLDialogElement} dialog */
export function openDialog(dialog) {
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
