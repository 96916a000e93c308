/**
 * Tells screen readers about messages in the open chat: once each, when complete. A live
 * region on the transcript itself would read a streaming reply again at each frame.
 */

import { h } from './dom.js';
import { isNotice } from './entry-view.js';
import { summarize } from './summary.js';

/** Texts that stay in the region; older ones were read long ago. */
const KEPT = 5;

/** Entries of this session that were announced. @type {Set<number>} */
const announced = new Set();

/**
 * @param {import('./store.js').Store} store
 * @param {import('./types.js').Entry} entry
 */
export function announce(store, entry) {
  const mine = entry.from.kind === 'user' && entry.from.id === store.me;
  if (mine || isNotice(entry) || announced.has(entry.id)) return;
  if (entry.type === 'stream' && entry.finished !== true) return;
  announced.add(entry.id);
  const region = document.getElementById('announcer');
  region?.append(h('p', null, `${store.nameOf(entry.from)}: ${summarize(entry)}`));
  while (region && region.childElementCount > KEPT) region.firstElementChild?.remove();
}
