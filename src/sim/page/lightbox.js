/** A picture in full, and its neighbours in the transcript. */

import { openDialog } from './dialog.js';
import { h, iconButton } from './dom.js';
import { t } from './i18n.js';
import { icon } from './icons.js';

/** @param {HTMLElement} link the picture that was chosen */
export function openLightbox(link) {
  const all = /** @type {HTMLAnchorElement[]} */ ([...document.querySelectorAll('.transcript a.picture')]);
  let at = Math.max(0, all.indexOf(/** @type {HTMLAnchorElement} */ (link)));
  const image = h('img', { class: 'lightbox-image' });
  const caption = h('span', { class: 'lightbox-name' });
  const original = h('a', { class: 'icon-button', target: '_blank', rel: 'noopener', 'aria-label': t('open_original'), title: t('open_original') }, icon('link', 18));
  const download = h('a', { class: 'icon-button', 'aria-label': t('save'), title: t('save') }, icon('download', 18));
  const previous = iconButton(t('previous'), icon('back', 22), () => show(at - 1), { class: 'lightbox-previous' });
  const next = iconButton(t('next'), icon('chevron', 22), () => show(at + 1), { class: 'lightbox-next' });
  const dialog = h(
    'dialog',
    {
      class: 'lightbox', 'aria-label': t('picture'),
      on: {
        keydown: (/** @type {KeyboardEvent} */ event) => {
          if (event.key === 'ArrowLeft') show(at - 1);
          else if (event.key === 'ArrowRight') show(at + 1);
        },
      },
    },
    h('header', null, caption, original, download, iconButton(t('close'), icon('close', 20), () => dialog.close())),
    h('div', { class: 'lightbox-stage', on: { click: (/** @type {Event} */ event) => { if (event.target === event.currentTarget) dialog.close(); } } }, previous, image, next),
  );

  /** @param {number} index */
  function show(index) {
    const chosen = all[index];
    if (chosen === undefined) return;
    at = index;
    const name = chosen.dataset.name ?? '';
    image.src = chosen.href;
    image.alt = t('image_alt', { name });
    caption.textContent = name;
    original.href = chosen.href;
    download.href = chosen.href;
    download.download = name;
    previous.disabled = all[index - 1] === undefined;
    next.disabled = all[index + 1] === undefined;
  }

  show(at);
  openDialog(dialog);
}
