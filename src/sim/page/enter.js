/**
 * The `enter_chat` event: WeCom sends it when a person opens the direct chat with a bot
 * for the first time on a day, and `enter_agent` for an app. The transcript remembers it, so that a reload of the
 * page does not say hello again.
 */

import { enterChat } from './actions.js';
import { parseChat } from './chat-id.js';
import { standing } from './partner.js';

/** Chats whose event is on its way and not in the transcript yet. @type {Set<string>} */
const entered = new Set();

/** @param {import('./store.js').Store} store */
export function enterOnce(store) {
  const chat = store.open;
  const name = chat === null ? null : parseChat(chat);
  if (chat === null || name === null || name.kind === 'group' || name.peer !== store.me) return;
  // An offline bot would miss it, and the service does not repeat it that day.
  const partner = store.conversation(chat)?.bot;
  if (partner === undefined || !standing(partner).on) return;
  const transcript = store.transcript(chat);
  const today = new Date().setHours(0, 0, 0, 0);
  const known = transcript.entries.some((entry) => entry.type === 'event' && entry.at >= today && /enter_(?:chat|agent)/.test(entry.content ?? ''));
  if (!transcript.loaded || known || entered.has(chat)) return;
  entered.add(chat);
  void enterChat(store, chat);
}

/** The simulator forgot everything: so do we. */
export function leaveEntered() {
  entered.clear();
}
