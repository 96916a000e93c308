/** Reading JSON whose shape nobody vouches for. */

/** @typedef {Record<string, any>} Fields */

/** A string or number as text, anything else as nothing. @param {unknown} value */
export function text(value) {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

/** @param {unknown} value @returns {Fields} */
export function fields(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}

/** @param {unknown} value @returns {Fields[]} */
export function items(value) {
  return Array.isArray(value) ? value.map(fields) : [];
}
