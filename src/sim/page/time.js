/** How moments are written, in the reader's language and time zone. */

import { locale, t } from './i18n.js';

const DAY = 86_400_000;

/** @param {number} ms */
function midnight(ms) {
  return new Date(ms).setHours(0, 0, 0, 0);
}

/** @param {number} ms */
export function clock(ms) {
  return new Date(ms).toLocaleTimeString(locale(), { hour: '2-digit', minute: '2-digit', hour12: false });
}

/**
 * The day alone, for the conversation list: the time for today, else the day.
 * @param {number} ms
 */
export function brief(ms) {
  const days = Math.round((midnight(Date.now()) - midnight(ms)) / DAY);
  if (days <= 0) return clock(ms);
  if (days === 1) return t('yesterday');
  return new Date(ms).toLocaleDateString(locale(), { month: 'numeric', day: 'numeric' });
}

/**
 * Day and time, for separators in a transcript.
 * @param {number} ms
 */
export function full(ms) {
  const days = Math.round((midnight(Date.now()) - midnight(ms)) / DAY);
  if (days <= 0) return clock(ms);
  if (days === 1) return `${t('yesterday')} ${clock(ms)}`;
  /** @type {Intl.DateTimeFormatOptions} */
  const day = { month: 'long', day: 'numeric' };
  if (new Date(ms).getFullYear() !== new Date().getFullYear()) day.year = 'numeric';
  return `${new Date(ms).toLocaleDateString(locale(), day)} ${clock(ms)}`;
}

/** @param {number} bytes */
export function fileSize(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(bytes < 10_240 ? 1 : 0)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
