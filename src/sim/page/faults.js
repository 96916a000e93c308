/** The drawer in which things are made to go wrong. */

import * as api from './api.js';
import { changePermissions, enterChat } from './actions.js';
import { h, iconButton } from './dom.js';
import { t } from './i18n.js';
import { hookFaults } from './hook-faults.js';
import { icon } from './icons.js';
import { appPartner, botPartner, ownerOf, standing } from './partner.js';
import { reasonOf, toast } from './toast.js';

/** @typedef {import('./texts.js').TextKey} TextKey */

/** Happens once, when pressed. @type {readonly { key: TextKey, hint: TextKey, request: object }[]} */
const ACTIONS = [
  { key: 'fault_drop', hint: 'fault_drop_hint', request: { drop: true } },
  { key: 'fault_kick', hint: 'fault_kick_hint', request: { kick: true } },
  { key: 'fault_half_open', hint: 'fault_half_open_hint', request: { half_open: true } },
  { key: 'fault_unsubscribe', hint: 'fault_unsubscribe_hint', request: { unsubscribe: true } },
  { key: 'fault_expire', hint: 'fault_expire_hint', request: { expire_streams: true } },
];

/** How often a subscribe is refused: as good as always, until switched off. */
const ALWAYS = 1_000_000;

/**
 * Lasts until it is switched off or used up. `choices` are the values on offer, the
 * first one being normal; `value` reads the one that is in force.
 * @type {readonly { key: TextKey, hint: TextKey, choices: readonly { value: number, label: string }[],
 *   request: (value: number) => object, value: (faults: Record<string, any>) => number }[]}
 */
const STATES = [
  {
    key: 'fault_ack_delay', hint: 'fault_ack_delay_hint',
    choices: [{ value: 0, label: '0 s' }, { value: 1_000, label: '1 s' }, { value: 3_000, label: '3 s' }, { value: 8_000, label: '8 s' }],
    request: (value) => ({ ack_delay_ms: value }),
    value: (faults) => faults.ack_delay_ms ?? 0,
  },
  {
    key: 'fault_ack_loss', hint: 'fault_ack_loss_hint',
    choices: [{ value: 0, label: '0' }, { value: 1, label: '1' }, { value: 3, label: '3' }, { value: 10, label: '10' }],
    request: (value) => ({ ack_loss: value }),
    value: (faults) => (faults.ack_loss ?? []).reduce((/** @type {number} */ sum, /** @type {{ times: number }} */ loss) => sum + loss.times, 0),
  },
  {
    key: 'fault_refuse', hint: 'fault_refuse_hint',
    choices: [{ value: 0, label: '0' }, { value: 1, label: '1' }, { value: 5, label: '5' }, { value: ALWAYS, label: '∞' }],
    request: (value) => ({ refuse_subscribe: { errcode: 853000, errmsg: 'invalid bot_id or secret', times: value } }),
    value: (faults) => faults.refuse_subscribe?.times ?? 0,
  },
];

/** @param {import('./store.js').Store} store */
export function openFaults(store) {
  const dialog = h('dialog', { class: 'drawer', 'aria-label': t('fault_title') });
  const partners = () => [...[...store.bots.values()].map(botPartner), ...[...store.apps.values()].map(appPartner)];
  const current = store.open === null ? null : store.conversation(store.open);
  const [first] = partners();
  let owner = current !== null ? ownerOf(current.bot) : first === undefined ? '' : ownerOf(first);
  const body = h('div', { class: 'drawer-body' });
  const subscription = new AbortController();

  const picker = h(
    'select',
    { 'aria-label': t('fault_bot'), on: { change: () => { owner = picker.value; void refresh(); } } },
    partners().map((item) => h('option', { value: ownerOf(item), prop: { selected: ownerOf(item) === owner } }, item.name)),
  );

  /**
   * @param {() => Promise<unknown>} change
   * @param {string} done
   */
  async function apply(change, done) {
    try {
      await change();
      toast(done);
      await refresh();
    } catch (error) {
      toast(t('action_failed', { reason: reasonOf(error) }), 'error');
    }
  }

  async function refresh() {
    const partner = partners().find((item) => ownerOf(item) === owner);
    if (partner === undefined) return;
    const isCalled = partner.isApp || partner.called;
    try {
      if (isCalled) drawCalled(partner, (await api.hookFaults(owner)).length);
      else drawConnected(partner, await api.faults(partner.id));
    } catch (error) {
      toast(t('action_failed', { reason: reasonOf(error) }), 'error');
    }
  }

  /** @param {import('./partner.js').Partner} partner */
  function head(partner) {
    const { on, text } = standing(partner);
    return [
      h('p', { class: 'drawer-intro' }, t('fault_intro')),
      h('label', { class: 'drawer-bot' }, h('span', null, t(partner.isApp ? 'app' : 'fault_bot')), picker, h('span', { class: `connection ${on ? 'is-on' : ''}` }, h('span', { class: 'connection-dot' }), text)),
    ];
  }

  /**
   * @param {import('./partner.js').Partner} partner
   * @param {number} count
   */
  function drawCalled(partner, count) {
    body.replaceChildren(
      ...head(partner),
      ...hookFaults(partner, count, apply),
      ...events(partner),
      h('button', { type: 'button', class: 'drawer-clear', on: { click: () => void apply(() => api.clearHookFaults(owner), t('fault_cleared')) } }, t('fault_clear')),
    );
  }

  /**
   * @param {import('./partner.js').Partner} partner
   * @param {Record<string, any>} faults
   */
  function drawConnected(partner, faults) {
    const { id: bot, connected } = partner;
    body.replaceChildren(
      ...head(partner),
      h('h3', null, t('fault_now')),
      h('div', { class: 'drawer-actions' }, ACTIONS.map((action) => h(
        'button',
        { type: 'button', disabled: !connected, on: { click: () => void apply(() => api.setFaults(bot, action.request), t('fault_done', { name: t(action.key) })) } },
        h('strong', null, t(action.key)),
        h('small', null, t(action.hint)),
      ))),
      h('h3', null, t('fault_mode')),
      h('div', { class: 'drawer-states' }, STATES.map((state) => drawState(bot, state, state.value(faults)))),
      ...events(partner),
      h('button', { type: 'button', class: 'drawer-clear', on: { click: () => void apply(() => api.clearFaults(bot), t('fault_cleared')) } }, t('fault_clear')),
    );
  }

  /**
   * What a person does outside the chat, in the name of the acting one.
   * @param {import('./partner.js').Partner} partner
   */
  function events(partner) {
    if (current === null || ownerOf(current.bot) !== ownerOf(partner)) return [];
    const permissions = [{ number: 1, key: 'permission_edit' }, { number: 2, key: 'permission_read' }].map(({ number, key }) => ({
      number, label: t(/** @type {TextKey} */ (key)), input: h('input', { type: 'checkbox', prop: { checked: true } }),
    }));
    const change = async () => {
      const given = permissions.filter(({ input }) => input.checked).map(({ number }) => number);
      if (await changePermissions(store, current.chat, given)) toast(t('fault_done', { name: t('permissions') }));
    };
    const enter = async () => {
      if (await enterChat(store, current.chat)) toast(t('fault_done', { name: t('enter_again') }));
    };
    return [
      h('h3', null, t('events_title')),
      !partner.isApp && h('fieldset', { class: 'drawer-permissions' }, h('legend', null, t('permissions')), permissions.map(({ label, input }) => h('label', null, input, h('span', null, label))), h('button', { type: 'button', on: { click: () => void change() } }, t('permissions_change'))),
      current.group === null && h('div', { class: 'drawer-actions' }, h('button', { type: 'button', on: { click: () => void enter() } }, h('strong', null, t('enter_again')), h('small', null, t(partner.isApp ? 'enter_app_hint' : 'enter_again_hint')))),
    ].filter((node) => node !== false);
  }

  /**
   * @param {string} bot
   * @param {typeof STATES[number]} state
   * @param {number} value
   */
  function drawState(bot, state, value) {
    // A value that was used up in part belongs to the nearest choice that covers it.
    const active = state.choices.find((choice) => choice.value >= value) ?? state.choices[0];
    return h(
      'fieldset',
      { class: active.value === 0 ? '' : 'is-on' },
      h('legend', null, t(state.key)),
      h('small', null, t(state.hint)),
      h('div', { class: 'segments' }, state.choices.map((choice) => h(
        'button',
        {
          type: 'button', 'aria-pressed': String(choice === active),
          on: { click: () => void apply(() => api.setFaults(bot, state.request(choice.value)), t('fault_done', { name: `${t(state.key)} ${choice.label}` })) },
        },
        choice.label,
      ))),
    );
  }

  dialog.append(h('header', { class: 'drawer-head' }, icon('bolt', 20), h('h2', null, t('fault_title')), iconButton(t('close'), icon('close', 20), () => dialog.close())), body);
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener('close', () => {
    subscription.abort();
    dialog.remove();
  });
  store.on('bot', () => void refresh(), subscription.signal);
  document.body.append(dialog);
  dialog.showModal();
  void refresh();
}
