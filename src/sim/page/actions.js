/** What a person does: sends, opens, presses, rates. Failures are shown, never thrown. */

import * as api from './api.js';
import { parseChat } from './chat-id.js';
import { t } from './i18n.js';
import { reasonOf, toast } from './toast.js';
import { Outgoing } from './transcript.js';

/** @typedef {import('./store.js').Store} Store */
/** @typedef {import('./types.js').Part} Part */

/** A part as the control API takes it. @param {Part} part */
function spoken(part) {
  if (part.voice !== undefined) return { voice: { text: part.voice, upload: part.media?.id } };
  return part.media === undefined ? { text: part.text ?? '' } : { file: { upload: part.media.id } };
}

/** The same for an app. @param {Part} part */
function told(part) {
  if (part.voice !== undefined) return { voice: { text: part.voice || undefined, upload: part.media?.id } };
  return spoken(part);
}

/**
 * Says something in a chat. The bubble appears at once.
 * @param {Store} store
 * @param {string} chat
 * @param {Part[]} parts
 * @param {import('./types.js').Entry} [quoted]
 */
export async function say(store, chat, parts, quoted) {
  const app = appOf(chat);
  if (app === null) return await post(store, chat, parts, quoted);
  // An app gets every part as a message of its own, in order.
  for (const part of parts) await post(store, chat, [part]);
}

/**
 * @param {Store} store
 * @param {string} chat
 * @param {Part[]} parts
 * @param {import('./types.js').Entry} [quoted]
 */
async function post(store, chat, parts, quoted) {
  const address = addressOf(store, chat);
  if (address === null) return;
  const app = appOf(chat);
  const message = new Outgoing(store.me, parts, quoted);
  const transcript = store.transcript(chat);
  transcript.outgoing.push(message);
  store.emit('outgoing', { chat, msgid: '' });
  try {
    const receipt = app === null
      ? await api.say({ ...address, parts: parts.map(spoken), quote: quoted?.id })
      : { ...await api.sayToApp({ app, from: store.me, say: told(parts[0]) }), heard: true };
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
  return say(store, chat, message.parts, message.quoted);
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
  const app = appOf(chat);
  const press = { task_id: card.task_id, key, answers: Object.fromEntries(answers) };
  return reaching(store, chat, (address) => (app === null ? api.press({ ...address, ...press }) : api.pressAppCard({ app, from: store.me, ...press })));
}

/**
 * @param {Store} store
 * @param {import('./types.js').Entry} entry
 * @param {{ type: 1 | 2 | 3, content?: string, inaccurate_reason_list?: number[] }} rating 1 accurate, 2 inaccurate, 3 withdrawn
 */
export async function rate(store, entry, rating) {
  if (await event(store, entry.chat, 'feedback_event', { id: entry.feedback_id, ...rating })) toast(t(rating.type === 3 ? 'feedback_withdrawn' : 'feedback_sent'));
}

/**
 * What the bot may do with documents has changed.
 * @param {Store} store
 * @param {string} chat
 * @param {number[]} permissions 1 create and edit its own, 2 read those of members
 */
export function changePermissions(store, chat, permissions) {
  return event(store, chat, 'auth_change_event', { auth_list: permissions });
}

/**
 * A person opens the direct chat: WeCom tells the bot once a day, and it may say welcome. An
 * app is told of every time.
 * @param {Store} store
 * @param {string} chat
 */
export function enterChat(store, chat) {
  const app = appOf(chat);
  if (app !== null) return reaching(store, chat, () => api.sendAppEvent({ app, from: store.me, event: 'enter_agent', fields: { EventKey: '' } }));
  return event(store, chat, 'enter_chat');
}

/**
 * @param {Store} store
 * @param {string} chat
 * @param {string} eventtype
 * @param {object} [details]
 */
function event(store, chat, eventtype, details) {
  return reaching(store, chat, (address) => api.sendEvent({ ...address, eventtype, event: details }));
}

/**
 * Does something that the bot is to hear of, and says whether it did.
 * @param {Store} store
 * @param {string} chat
 * @param {(address: NonNullable<ReturnType<typeof addressOf>>) => Promise<{ delivered?: boolean } | null>} act
 */
async function reaching(store, chat, act) {
  const address = addressOf(store, chat);
  if (address === null) return false;
  try {
    const receipt = await act(address);
    if (receipt?.delivered !== false) return true;
    toast(t(appOf(chat) === null ? 'bot_offline_event' : 'app_silent_event'), 'error');
  } catch (error) {
    toast(t('action_failed', { reason: reasonOf(error) }), 'error');
  }
  return false;
}

/** The app of a chat, null where it is a bot's. @param {string} chat */
function appOf(chat) {
  const name = parseChat(chat);
  return name?.kind === 'app' ? name.bot : null;
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
