/** The current person's avatar, and the menu in which one takes another seat. */

import { userAvatar } from './avatar.js';
import { h } from './dom.js';
import { t } from './i18n.js';
import { icon } from './icons.js';
import { actAs } from './router.js';

/**
 * @param {import('./store.js').Store} store
 * @param {AbortSignal} signal
 */
export function personaButton(store, signal) {
  const button = h('button', { type: 'button', class: 'persona-button', 'aria-haspopup': 'menu', 'aria-expanded': 'false', on: { click: toggle } });
  const menu = h('div', { class: 'menu persona-menu', role: 'menu', hidden: true, on: { keydown: onKey } });
  const element = h('div', { class: 'persona' }, button, menu);

  function draw() {
    const me = store.users.get(store.me);
    const name = me?.name ?? '';
    button.setAttribute('aria-label', `${t('me_as', { name })} · ${t('switch_user')}`);
    button.title = `${t('me_as', { name })} · ${t('switch_user')}`;
    const elsewhere = [...store.unreadByPerson()].some(([person, count]) => person !== store.me && count > 0);
    button.replaceChildren(...(me ? [userAvatar(me)] : []), ...(elsewhere ? [h('span', { class: 'dot' })] : []));
    if (!menu.hidden) drawMenu();
  }

  function drawMenu() {
    const unread = store.unreadByPerson();
    menu.replaceChildren(
      h('div', { class: 'menu-title' }, t('switch_user'), h('small', null, t('switch_user_hint'))),
      ...[...store.users.values()].map((user) => h(
        'button',
        {
          type: 'button', role: 'menuitemradio', 'aria-checked': String(user.id === store.me), class: 'menu-item',
          on: { click: () => { close(); actAs(store, user.id); } },
        },
        userAvatar(user),
        h('span', { class: 'menu-name' }, user.name, h('small', null, user.id)),
        unread.get(user.id) ? h('span', { class: 'badge', 'aria-label': t('unread', { n: unread.get(user.id) ?? 0 }) }, Math.min(unread.get(user.id) ?? 0, 99)) : null,
        user.id === store.me && h('span', { class: 'menu-check' }, icon('check', 18)),
      )),
    );
  }

  function toggle() {
    if (!menu.hidden) {
      close();
      return;
    }
    menu.hidden = false;
    button.setAttribute('aria-expanded', 'true');
    drawMenu();
    /** @type {HTMLElement | null} */ (menu.querySelector('[aria-checked="true"]'))?.focus();
  }

  function close() {
    if (menu.hidden) return;
    menu.hidden = true;
    button.setAttribute('aria-expanded', 'false');
    button.focus();
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    const items = /** @type {HTMLElement[]} */ ([...menu.querySelectorAll('.menu-item')]);
    const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) items[(at + step + items.length) % items.length]?.focus();
    else if (event.key === 'Escape' || event.key === 'Tab') close();
    else return;
    event.preventDefault();
  }

  document.addEventListener('pointerdown', (event) => {
    if (!menu.hidden && !element.contains(/** @type {Node} */ (event.target))) {
      menu.hidden = true;
      button.setAttribute('aria-expanded', 'false');
    }
  }, { signal });
  store.on('directory', draw, signal);
  store.on('chats', draw, signal);
  draw();
  return element;
}
