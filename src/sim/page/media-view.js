/** Pictures, files, voice and video in a bubble. */

import { mediaUrl } from './api.js';
import { h } from './dom.js';
import { t } from './i18n.js';
import { icon } from './icons.js';
import { summarize } from './summary.js';
import { fileSize } from './time.js';

/** @typedef {import('./types.js').Media} Media */

/** @param {import('./types.js').Entry} entry */
export function mediaBody(entry) {
  const { media } = entry;
  if (entry.type === 'voice') return voice(entry.content ?? '', media);
  // What a person sent lies encrypted on another server; only its kind is known here.
  if (media === undefined) return h('div', { class: 'plain muted' }, summarize(entry));
  if (entry.type === 'image') return picture(media);
  if (entry.type === 'video') return video(media);
  return file(media);
}

/** @param {Media} media */
function picture(media) {
  const url = mediaUrl(media.id);
  const image = h('img', { src: url, alt: t('image_alt', { name: nameOf(media) }), decoding: 'async' });
  const link = h('a', { class: 'picture', href: url, target: '_blank', rel: 'noopener' }, image);
  image.addEventListener('error', () => link.replaceWith(file(media)));
  return link;
}

/** @param {Media} media */
function video(media) {
  return h('div', { class: 'video' }, h('video', { src: mediaUrl(media.id), controls: true, preload: 'metadata' }), file(media));
}

/**
 * @param {string} text what was said
 * @param {Media} [media]
 */
function voice(text, media) {
  return h(
    'div',
    { class: 'voice' },
    h('div', { class: 'voice-head' }, icon('voice', 18), h('span', { class: 'voice-wave', 'aria-hidden': 'true' }), media && h('span', { class: 'muted' }, fileSize(media.size))),
    text !== '' && h('div', { class: 'voice-text' }, text),
    // WeCom's voice is AMR, which no browser plays: it is there to be fetched.
    media && file(media),
  );
}

/** @param {Media} media */
function file(media) {
  const name = nameOf(media);
  return h(
    'a',
    { class: 'file', href: mediaUrl(media.id), download: name, 'aria-label': t('download', { name }) },
    h('span', { class: 'file-icon' }, icon(media.type, 24)),
    h('span', { class: 'file-text' }, h('span', { class: 'file-name' }, name), h('span', { class: 'file-size' }, fileSize(media.size))),
    h('span', { class: 'file-get' }, icon('download', 18)),
  );
}

/** @param {Media} media */
function nameOf(media) {
  return media.name || t('unnamed');
}
