/** Pictures, files, voice and video in a bubble. */

import { mediaUrl } from './api.js';
import { h } from './dom.js';
import { t } from './i18n.js';
import { icon } from './icons.js';
import { openLightbox } from './lightbox.js';
import { isPlayable } from './media-kind.js';
import { plainText } from './plain-text.js';
import { fileSize } from './time.js';

/** @typedef {import('./types.js').Media} Media */
/** @typedef {import('./types.js').Part} Part */

/**
 * A message of a person as it looks: the bubble's further class, and what is in it.
 * @param {Part[]} parts
 * @param {string[]} names whose mentions are marked
 * @returns {[string, HTMLElement]}
 */
export function partsBody(parts, names) {
  const [only] = parts;
  if (parts.length === 1 && only.media !== undefined && only.voice === undefined) {
    return [only.media.type === 'image' ? 'bubble-bare' : 'bubble-media', mediaBody(only.media)];
  }
  if (parts.length === 1) return ['', part(only, names)];
  return ['bubble-mixed', h('div', { class: 'mixed' }, parts.map((each) => part(each, names)))];
}

/**
 * A file of the bot, or one of a message.
 * @param {Media} media
 */
export function mediaBody(media) {
  if (media.type === 'image') return picture(media);
  if (media.type === 'video') return video(media);
  return media.type === 'voice' ? voice('', media) : file(media);
}

/**
 * A picture in the size of a word, for quotes.
 * @param {Media} media
 */
export function thumbnail(media) {
  return media.type === 'image'
    ? h('img', { class: 'thumbnail', src: mediaUrl(media.id), alt: '', decoding: 'async' })
    : h('span', { class: 'thumbnail' }, icon(media.type, 18));
}

/**
 * @param {Part} part
 * @param {string[]} names
 */
function part({ text, media, voice: words }, names) {
  if (words !== undefined) return voice(words, media);
  return media === undefined ? plainText(text ?? '', names) : mediaBody(media);
}

/** @param {Media} media */
function picture(media) {
  const url = mediaUrl(media.id);
  const image = h('img', { src: url, alt: t('image_alt', { name: nameOf(media) }), decoding: 'async' });
  const link = h('a', { class: 'picture', href: url, target: '_blank', rel: 'noopener', title: t('open_picture'), data: { name: nameOf(media) } }, image);
  link.addEventListener('click', (event) => {
    // With a modifier the browser opens it where it was told to.
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    openLightbox(link);
  });
  image.addEventListener('error', () => link.replaceWith(file(media)));
  return link;
}

/** @param {Media} media */
function video(media) {
  const player = h('video', { src: mediaUrl(media.id), controls: true, preload: 'metadata', 'aria-label': t('video_of', { name: nameOf(media) }) });
  // What cannot be played can still be fetched.
  player.addEventListener('error', () => player.remove());
  return h('div', { class: 'video' }, player, file(media));
}

/**
 * @param {string} text what was said
 * @param {Media} [media]
 */
function voice(text, media) {
  return h(
    'div',
    { class: 'voice' },
    h('div', { class: 'voice-head' }, icon('voice', 18), h('span', { class: 'voice-wave', 'aria-hidden': 'true' }), h('span', { class: 'visually-hidden' }, t('kind_voice'))),
    text !== '' && h('div', { class: 'voice-text' }, text),
    media && (isPlayable(media) ? player(media) : file(media)),
  );
}

/** @param {Media} media */
function player(media) {
  const audio = h('audio', { src: mediaUrl(media.id), controls: true, preload: 'metadata', 'aria-label': t('voice_of', { name: nameOf(media) }) });
  audio.addEventListener('error', () => audio.replaceWith(file(media)));
  return audio;
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
