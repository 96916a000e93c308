/** Whom one talks to, a bot or an app, and whether it hears. */

import { t } from './i18n.js';

/** @typedef {{ id: string, name: string, connected: boolean, called: boolean, isApp: boolean }} Partner */

/** @param {import('./types.js').Bot} bot @returns {Partner} */
export function botPartner(bot) {
  return { ...bot, isApp: false };
}

/** @param {import('./types.js').App} app @returns {Partner} */
export function appPartner(app) {
  return { id: app.id, name: app.name, connected: app.called, called: app.called, isApp: true };
}

/** How the control API names whoever is called. @param {{ id: string, isApp: boolean }} partner */
export const ownerOf = ({ id, isApp }) => `${isApp ? 'app' : 'bot'}:${id}`;

/**
 * Whether somebody hears what is said, and how a reader is told.
 * @param {Partner} partner
 */
export function standing({ connected, called, isApp }) {
  if (isApp) return { on: called, text: t(called ? 'by_callback' : 'sends_only') };
  if (called) return { on: true, text: t('by_webhook') };
  return { on: connected, text: t(connected ? 'online' : 'offline') };
}
