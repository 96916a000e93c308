/** The simulator's control API, one function a call. */

import { t } from './i18n.js';

/** An answer that was not a success; `message` is fit to be shown. */
class ApiError extends Error {}

/** No answer within this time means that the simulator hangs or is gone. */
const TIMEOUT_MS = 15_000;

/** A file of the largest size takes a while to be hashed. */
const UPLOAD_TIMEOUT_MS = 120_000;

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Promise<any>}
 */
function call(method, path, body) {
  const headers = body === undefined ? undefined : { 'content-type': 'application/json' };
  return request(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), signal: AbortSignal.timeout(TIMEOUT_MS) });
}

/**
 * @param {string} path
 * @param {RequestInit} init
 * @returns {Promise<any>}
 */
async function request(path, init) {
  let response;
  try {
    response = await fetch(path, init);
  } catch {
    throw new ApiError(t('unreachable'));
  }
  const text = await response.text();
  if (!response.ok) throw new ApiError(reason(text) || `HTTP ${response.status}`);
  return text === '' ? null : JSON.parse(text);
}

/**
 * The human part of an error body, whether it is JSON or plain text.
 * @param {string} text
 */
function reason(text) {
  try {
    const value = JSON.parse(text);
    const message = value?.error?.message ?? value?.error ?? value?.message;
    return typeof message === 'string' ? message : '';
  } catch {
    return text.trim().slice(0, 200);
  }
}

/** @returns {Promise<import('./types.js').Directory>} */
export const directory = () => call('GET', '/sim/state');

/** @returns {Promise<import('./types.js').ChatSummary[]>} */
export const chats = () => call('GET', '/sim/chats');

/**
 * @param {string} chat
 * @returns {Promise<{ entries: import('./types.js').Entry[] }>}
 */
export const transcript = (chat) => call('GET', `/sim/chats/${encodeURIComponent(chat)}`);

/**
 * Says something as a user: text, files, both, or a voice message.
 * @param {{ bot: string, from: string, group?: string, parts: object[], quote?: number }} message
 *   `quote` is the id of the quoted entry
 * @returns {Promise<{ msgid: string, heard: boolean, delivered: boolean }>}
 */
export const say = (message) => call('POST', '/sim/say', message);

/**
 * Says one thing to an app: it hears texts, files and voice each by itself.
 * @param {{ app: string, from: string, say: object }} message
 * @returns {Promise<{ msgid: string, delivered: boolean }>}
 */
export const sayToApp = (message) => call('POST', '/sim/apps/say', message);

/**
 * @param {{ app: string, from: string, task_id: string, key: string, answers: Record<string, string[]> }} press
 * @returns {Promise<{ delivered: boolean }>}
 */
export const pressAppCard = (press) => call('POST', '/sim/apps/press', press);

/**
 * @param {{ app: string, from: string, event: string, fields: Record<string, string> }} event
 * @returns {Promise<{ delivered: boolean }>}
 */
export const sendAppEvent = (event) => call('POST', '/sim/apps/events', event);

/**
 * Stores a file that is going to be sent.
 * @param {import('./types.js').Media['type']} type
 * @param {string} name
 * @param {Blob} file
 * @param {AbortSignal} signal
 * @returns {Promise<import('./types.js').Media>}
 */
export function upload(type, name, file, signal) {
  return request(`/sim/uploads?${new URLSearchParams({ type, name })}`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: file,
    signal: AbortSignal.any([signal, AbortSignal.timeout(UPLOAD_TIMEOUT_MS)]),
  });
}

/**
 * Presses a button of a card, with what was chosen on it.
 * @param {{ bot: string, from: string, group?: string, task_id: string, key: string, answers: Record<string, string[]> }} press
 * @returns {Promise<{ delivered: boolean }>}
 */
export const press = (press) => call('POST', '/sim/press', press);

/**
 * Lets something happen that is not a message.
 * @param {{ bot: string, from: string, group?: string, eventtype: string, event?: object }} event
 * @returns {Promise<{ delivered?: boolean } | null>}
 */
export const sendEvent = (event) => call('POST', '/sim/events', event);

/** @param {string} id */
export const mediaUrl = (id) => `/sim/media/${encodeURIComponent(id)}`;

/** @param {string} bot */
const faultsPath = (bot) => `/sim/faults/${encodeURIComponent(bot)}`;

/**
 * The faults that stand.
 * @param {string} bot
 * @returns {Promise<Record<string, any>>}
 */
export const faults = (bot) => call('GET', faultsPath(bot));

/**
 * @param {string} bot
 * @param {object} request what is absent stays as it is
 */
export const setFaults = (bot, request) => call('PUT', faultsPath(bot), request);

/** @param {string} bot */
export const clearFaults = (bot) => call('DELETE', faultsPath(bot));

/** @param {string} owner `bot:<id>` or `app:<id>` */
const hookPath = (owner) => `/sim/hooks/${encodeURIComponent(owner)}`;

/**
 * The faults of callbacks that stand.
 * @param {string} owner
 * @returns {Promise<object[]>}
 */
export const hookFaults = (owner) => call('GET', `${hookPath(owner)}/faults`);

/**
 * @param {string} owner
 * @param {string | Record<string, number>} fault
 */
export const addHookFault = (owner, fault) => call('POST', `${hookPath(owner)}/faults`, { fault });

/** @param {string} owner */
export const clearHookFaults = (owner) => call('DELETE', `${hookPath(owner)}/faults`);

/**
 * Checks an address as the console does.
 * @param {string} owner
 * @returns {Promise<{ problem: string | null }>}
 */
export const checkHook = (owner) => call('POST', `${hookPath(owner)}/check`);
