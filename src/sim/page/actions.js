/** What a person does: sends, opens, presses, rates. Failures are shown, never thrown. */

import * as api from './api.js';
import { parseChat } from './chat-id.js';
import { t } from './i18n.js';
import { reasonOf, toast } from './toast.js';
import { Outgoing } from './transcript.js';

/** @typedef {import('./store.js').Store} Store */

/**
 * Says something in a chat. The bubble appears at once.
 * @param {Store} store
 * @param {string} chat
 * @param {string} text
 * @param {import('./types.js').Quote} [quote]
 */
export async function say(store, chat, text, quote) {
  const address = addressOf(store, chat);
  if (address === null) return;
  const message = new Outgoing(store.me, text, quote);
  const transcript = store.transcript(chat);
  transcript.outgoing.push(message);
  store.emit('outgoing', { chat, msgid: '' });
  try {
    const receipt = await api.sendText({ ...address, text, quote });
    transcript.confirm(message, receipt);
  } catch (error) {
    message.delivery = 'failed';
    toast(t('send_failed', { reason: reasonOf(error) }), 'error');
  }
  store.emit('outgoing', { chat, msgid: message.msgid });
}

/**
 * Sends a message again that did not get out.
 * @param {Store} store
 * @param {string} chat
 * @param {Outgoing} message
 */
export function sayAgain(store, chat, message) {
  store.transcript(chat).discard(message);
  return say(store, chat, message.text, message.quote);
}

/**
 * Something was pressed on a card.
 * @param {Store} store
 * @param {string} chat
 * @param {Record<string, any>} card as the acting person sees it
 * @param {{ key: string, answers: Map<string, string[]> }} press
 * @returns {Promise<boolean>} whether the bot got it
 */
export function pressCard(store, chat, card, { key, answers }) {
  const items = [...answers].map(([question, options]) => ({ question_key: question, option_ids: { option_id: options } }));
  return event(store, chat, 'template_card_event', {
    card_type: card.card_type,
    event_key: key,
    task_id: card.task_id,
    ...(items.length > 0 && { selected_items: { selected_item: items } }),
  });
}

/**
 * @param {Store} store
 * @param {import('./types.js').Entry} entry
 * @param {boolean} accurate
 */
export async function rate(store, entry, accurate) {
  if (await event(store, entry.chat, 'feedback_event', { id: entry.feedback_id, type: accurate ? 1 : 2 })) toast(t('feedback_sent'));
}

/**
 * A person opens the direct chat: WeCom tells the bot once a day, and it may say welcome.
 * @param {Store} store
 * @param {string} chat
 */
export function enterChat(store, chat) {
  return event(store, chat, 'enter_chat');
}

/**
 * @param {Store} store
 * @param {string} chat
 * @param {string} eventtype
 * @param {object} [details]
 */
async function event(store, chat, eventtype, details) {
  const address = addressOf(store, chat);
  if (address === null) return false;
  try {
    const receipt = await api.sendEvent({ ...address, eventtype, event: details });
    if (receipt?.delivered !== false) return true;
    toast(t('bot_offline_event'), 'error');
  } catch (error) {
    toast(t('action_failed', { reason: reasonOf(error) }), 'error');
  }
  return false;
}

/**
 * @param {Store} store
 * @param {string} chat
 */
function addressOf(store, chat) {
  const name = parseChat(chat);
  if (name === null) return null;
  return { bot: name.bot, from: store.me, group: name.kind === 'group' ? name.peer : undefined };
}
