/** What a chosen file is sent as, and what a browser can do with one. */

/** @typedef {import('./types.js').Media['type']} Kind */

/** What WeCom shows as a picture; others go as files. */
const PICTURES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/bmp'];

/** Extensions of sounds that browsers play; WeCom's own AMR is none. */
const PLAYABLE = /\.(?:mp3|wav|ogg|oga|opus|m4a|aac|flac|webm)$/i;

/**
 * @param {File} file
 * @returns {Kind}
 */
export function kindOf(file) {
  if (PICTURES.includes(file.type)) return 'image';
  return file.type.startsWith('video/') ? 'video' : 'file';
}

/** @param {import('./types.js').Media} media */
export function isPlayable(media) {
  return PLAYABLE.test(media.name);
}

/**
 * A picture from the clipboard has no name of its own.
 * @param {File} file
 */
export function nameOf(file) {
  return file.name || `${kindOf(file)}.${file.type.split('/')[1] ?? 'bin'}`;
}
