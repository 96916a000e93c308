/** An entry in one line of plain text: list previews, quotes, announcements. */

import { text } from './fields.js';
import { t } from './i18n.js';
import { splitReasoning } from './reasoning.js';

/** Previews and quotes never need more than this many characters. */
const LONGEST = 160;

/** @param {import('./types.js').Entry} entry */
export function summarize(entry) {
  switch (entry.type) {
    case 'image': return t('kind_image');
    case 'video': return t('kind_video');
    case 'voice': return `${t('kind_voice')} ${entry.content ?? ''}`.trim();
    case 'file': return `${t('kind_file')} ${entry.media?.name ?? entry.content ?? ''}`.trim();
    case 'mixed': return `${t('kind_mixed')} ${mixedText(entry)}`.trim();
    case 'template_card': return cardLine(entry);
    case 'text_card': return `${t('kind_card')} ${text(entry.detail?.title)}`.trim();
    case 'location': return `${t('kind_location')} ${text(entry.detail?.label)}`.trim();
    case 'link': return `${t('kind_link')} ${text(entry.detail?.title)}`.trim();
    case 'welcome': return entry.card ? cardLine(entry) : plain(entry.content ?? '');
    case 'stream': {
      const text = plain(entry.content ?? '');
      return text === '' && entry.finished !== true ? t('reasoning_live') : text;
    }
    default: return plain(entry.content ?? '');
  }
}

/** @param {import('./types.js').Entry} entry */
function cardLine(entry) {
  const title = entry.card?.main_title?.title ?? entry.card?.sub_title_text ?? '';
  return `${t('kind_card')} ${typeof title === 'string' ? title : ''}`.trim();
}

/** @param {import('./types.js').Entry} entry */
function mixedText(entry) {
  if (entry.parts) return entry.parts.map((part) => part.text ?? part.media?.name ?? '').join(' ').trim();
  return (entry.mixed?.msg_item ?? []).map((item) => item.text?.content ?? '').join(' ').trim();
}

/**
 * The server's preview is the beginning of an entry's text, marks and reasoning included;
 * of an event it is the name, which says nothing to a reader.
 * @param {string} preview
 */
export function tidyPreview(preview) {
  if (/^(?:[a-z]+(?:_[a-z]+)*_(?:chat|event|update|agent)|recalled)$/.test(preview)) return '';
  return plain(preview) || preview.replace(/<\/?think>/g, '').trim();
}

/**
 * Markdown with its marks taken off: good enough for one line.
 * @param {string} markdown
 */
export function plain(markdown) {
  return splitReasoning(markdown.slice(0, LONGEST * 20)).answer
    .replace(/^ {0,3}(?:```|~~~).*$/gm, '')
    .replace(/^\s*\|?[\s:|-]+\|[\s:|-]*$/gm, '')
    .replace(/^ {0,3}(?:#{1,6}|>|[-*+]|\d+[.)])\s+/gm, '')
    .replace(/!?\[([^\]\n]*)\]\([^)\n]*\)/g, '$1')
    .replace(/<\/?(?:font|a)\b[^>\n]*>/g, '')
    .replace(/\*\*|__|~~|`/g, '')
    .replace(/\*(\S[^*\n]*)\*/g, '$1')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, LONGEST);
}
