/** The page's beginning: puts the views up, opens the feed, loads what there is. */

import * as api from './api.js';
import { enterOnce, leaveEntered } from './enter.js';
import { openFeed } from './feed.js';
import { t } from './i18n.js';
import { readAddress, startRouting } from './router.js';
import { mountShell } from './shell.js';
import { Store } from './store.js';
import { reasonOf, toast } from './toast.js';

const store = new Store();
let routed = false;

/** @param {string} chat */
async function loadTranscript(chat) {
  try {
    const { entries } = await api.transcript(chat);
    store.setEntries(chat, entries);
    enterOnce(store);
  } catch (error) {
    toast(t('load_failed', { reason: reasonOf(error) }), 'error');
  }
}

/** Everything may have changed while nobody listened, the first time included. */
async function catchUp() {
  try {
    const [directory, chats] = await Promise.all([api.directory(), api.chats()]);
    store.dropEntries();
    store.setDirectory(directory);
    store.setChats(chats);
    if (store.open !== null) await loadTranscript(store.open);
    else if (!routed) startRouting(store, readAddress());
    routed = true;
  } catch (error) {
    toast(t('action_failed', { reason: reasonOf(error) }), 'error');
  }
}

store.on('open', (chat) => {
  if (chat === null) return;
  if (store.transcript(chat).loaded) enterOnce(store);
  else void loadTranscript(chat);
});
store.on('bot', () => enterOnce(store));
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible' && store.open !== null) store.markRead(store.open);
});

mountShell(store);
openFeed({
  entry: (entry) => store.addEntry(entry),
  bot: ({ id, connected }) => store.setConnected(id, connected),
  state: () => void api.directory().then((directory) => store.setDirectory(directory), () => {}),
  reset: () => {
    store.clear();
    leaveEntered();
    void catchUp();
    toast(t('reset_done'));
  },
  // First listen, then look: what happens in between is not missed.
  link: (open) => {
    store.emit('link', open);
    if (open) void catchUp();
  },
});
