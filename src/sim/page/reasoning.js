/** `<think>…</think>`: the model's reasoning, which WeCom folds away above the answer. */

const OPEN = '<think>';
const CLOSE = '</think>';

/**
 * @param {string} content
 * @returns {{ reasoning: string, open: boolean, answer: string }} `open`: the
 *   reasoning has not been closed yet
 */
export function splitReasoning(content) {
  const start = content.search(/\S/);
  if (start < 0 || !content.startsWith(OPEN, start)) {
    // The beginning of the tag alone is not text yet.
    if (start >= 0 && OPEN.startsWith(content.slice(start))) return { reasoning: '', open: true, answer: '' };
    return { reasoning: '', open: false, answer: content };
  }
  const from = start + OPEN.length;
  const end = content.indexOf(CLOSE, from);
  if (end < 0) {
    return { reasoning: content.slice(from).replace(/<\/?[a-z]*$/, '').trim(), open: true, answer: '' };
  }
  return { reasoning: content.slice(from, end).trim(), open: false, answer: content.slice(end + CLOSE.length).replace(/^\s+/, '') };
}
