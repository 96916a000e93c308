/** The part of a template card that is filled in and sent: choices and buttons. */

import { h } from './dom.js';
import { fields, items, text } from './fields.js';
import { t } from './i18n.js';
import { toast } from './toast.js';

/** @typedef {import('./fields.js').Fields} Fields */

/** WeCom gives the bot 5 s to update a card; afterwards it can be pressed again. */
const UPDATE_WITHIN_MS = 5_000;

let forms = 0;

/**
 * @param {Fields} card
 * @param {import('./card.js').CardHost} host
 * @returns {HTMLElement | null} null when the card asks nothing
 */
export function cardForm(card, host) {
  const questions = [
    ...items([card.button_selection]).filter((question) => question.question_key).map(select),
    ...items([card.checkbox]).filter((question) => question.option_list).map(options),
    ...items(card.select_list).map(select),
  ];
  const buttons = items(card.button_list);
  const submit = fields(card.submit_button);
  if (text(submit.text) !== '') buttons.push({ ...submit, style: 1, submits: true });
  if (questions.length === 0 && buttons.length === 0) return null;

  const form = h('form', { class: 'card-form', on: { submit: (/** @type {Event} */ event) => event.preventDefault() } }, questions.map((question) => question.element));
  const locked = questions.length > 0 && questions.every((question) => question.disabled);

  /**
   * @param {Fields} button
   * @param {HTMLButtonElement} element
   */
  async function press(button, element) {
    const answers = new Map(questions.map((question) => [question.key, question.chosen()]));
    if (button.submits && [...answers.values()].every((chosen) => chosen.length === 0)) {
      toast(t('card_none'), 'error');
      return;
    }
    const controls = [...form.querySelectorAll('button, input, select')].filter((control) => !(/** @type {HTMLButtonElement} */ (control).disabled));
    const enable = (/** @type {boolean} */ on) => controls.forEach((control) => { /** @type {HTMLButtonElement} */ (control).disabled = !on; });
    enable(false);
    element.classList.add('is-busy');
    const done = () => {
      element.classList.remove('is-busy');
      enable(true);
    };
    // An update of the card redraws it; without one it opens again by itself.
    if (await host.press({ key: text(button.key), answers })) setTimeout(done, UPDATE_WITHIN_MS);
    else done();
  }

  form.append(h('div', { class: `card-buttons${buttons.length > 2 ? ' is-many' : ''}` }, buttons.map((button) => {
    const style = [1, 2, 3, 4].includes(button.style) ? button.style : 1;
    const inert = button.replaced === true || text(button.key).startsWith('inert:');
    const element = h('button', {
      type: 'button',
      class: `card-button style-${style}`,
      disabled: inert || (button.submits && locked),
      on: { click: () => void press(button, element) },
    }, text(button.text));
    return element;
  })));
  return form;
}

/** @typedef {{ key: string, element: HTMLElement, disabled: boolean, chosen: () => string[] }} Question */

/**
 * @param {Fields} question
 * @returns {Question}
 */
function select(question) {
  const disabled = question.disable === true;
  const list = items(question.option_list);
  const selected = text(question.selected_id) || text(list[0]?.id);
  const element = h(
    'select',
    { disabled, 'aria-label': text(question.title) || t('card_choose') },
    list.map((option) => h('option', { value: text(option.id), prop: { selected: text(option.id) === selected } }, text(option.text))),
  );
  return {
    key: text(question.question_key),
    disabled,
    element: h('label', { class: 'card-select' }, h('span', null, text(question.title) || t('card_choose')), element),
    chosen: () => (element.value === '' ? [] : [element.value]),
  };
}

/**
 * @param {Fields} question
 * @returns {Question}
 */
function options(question) {
  forms += 1;
  const many = question.mode === 1;
  const disabled = question.disable === true;
  const inputs = items(question.option_list).map((option) => ({
    label: text(option.text),
    input: h('input', { type: many ? 'checkbox' : 'radio', name: `card-${forms}`, value: text(option.id), disabled, prop: { checked: option.is_checked === true } }),
  }));
  return {
    key: text(question.question_key),
    disabled,
    element: h(
      'fieldset',
      { class: 'card-options' },
      h('legend', null, t(many ? 'card_multi' : 'card_single')),
      inputs.map(({ label, input }) => h('label', null, input, h('span', null, label))),
    ),
    chosen: () => inputs.filter(({ input }) => input.checked).map(({ input }) => input.value),
  };
}
