/**
 * Building elements. Text always becomes a text node: bot output is untrusted, and
 * there is no way through here that would parse it as HTML.
 */

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any> | null} [props] attributes; `class`, `on` (listeners),
 *   `data` (dataset) and `prop` (DOM properties) are special; null and false are left out
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === 'class') element.className = value;
    else if (name === 'on') {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else if (name === 'data') Object.assign(element.dataset, value);
    else if (name === 'prop') Object.assign(element, value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  append(element, children);
  return element;
}

/**
 * @param {Node} parent
 * @param {(Child | Child[])[]} children
 */
export function append(parent, children) {
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    parent.appendChild(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

const SVG = 'http://www.w3.org/2000/svg';

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...Node} children
 */
export function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/**
 * A button that shows an icon and says its name to screen readers and on hover.
 * @param {string} label
 * @param {Node} icon
 * @param {(event: MouseEvent) => void} onClick
 * @param {Record<string, any>} [props]
 */
export function iconButton(label, icon, onClick, props = {}) {
  const { class: extra = '', ...rest } = props;
  return h(
    'button',
    { type: 'button', class: `icon-button ${extra}`.trim(), 'aria-label': label, title: label, on: { click: onClick }, ...rest },
    icon,
  );
}
