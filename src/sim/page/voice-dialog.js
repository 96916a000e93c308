/** A voice message: what was said, and its sound if there is one. */

import * as api from './api.js';
import { openForm } from './dialog.js';
import { h } from './dom.js';
import { t } from './i18n.js';
import { reasonOf, toast } from './toast.js';

/**
 * @param {(part: import('./types.js').Part) => void} send
 * @param {boolean} isApp an app gets the sound, and the words only where WeCom knows them
 */
export function openVoice(send, isApp) {
  const words = h('textarea', { rows: 4, required: !isApp, autofocus: true, placeholder: t('voice_placeholder') });
  const sound = h('input', { type: 'file', accept: 'audio/*,.amr' });
  openForm({
    title: t('voice_title'),
    submit: t('send'),
    body: [
      h('p', { class: 'window-hint' }, t(isApp ? 'voice_hint_app' : 'voice_hint')),
      h('label', { class: 'window-field' }, h('span', null, t('voice_words')), words),
      h('label', { class: 'window-field' }, h('span', null, t('voice_sound')), sound),
    ],
    onSubmit: () => {
      const text = words.value.trim();
      if (text === '' && !isApp) return false;
      void speak(text, sound.files?.[0], send);
      return true;
    },
  });
}

/**
 * @param {string} text
 * @param {File | undefined} file
 * @param {(part: import('./types.js').Part) => void} send
 */
async function speak(text, file, send) {
  try {
    const media = file && await api.upload('voice', file.name, file, new AbortController().signal);
    send({ voice: text, media });
  } catch (error) {
    toast(t('send_failed', { reason: reasonOf(error) }), 'error');
  }
}
