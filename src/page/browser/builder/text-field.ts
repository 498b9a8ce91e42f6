import { element, freshId } from '../dom.js';

/** A labelled field of text. */
export function textField(
  label: string,
  properties: Readonly<Record<string, string | number | boolean>> = {},
  hint = '',
) {
  const id = freshId();
  const hintId = `${id}-hint`;
  const input = element('input', {
    id,
    type: 'text',
    autocomplete: 'off',
    autocapitalize: 'off',
    spellcheck: false,
    ...(hint !== '' && { 'aria-describedby': hintId }),
    ...properties,
  });
  const root = element(
    'div',
    { class: 'field' },
    element('label', { for: id }, label),
    input,
    hint !== '' && element('p', { class: 'hint', id: hintId }, hint),
  );
  return { root, input };
}

/** A labelled choice. @param choices value and text */
export function choiceField(label: string, choices: readonly (readonly [string, string])[], hint = '') {
  const id = freshId();
  const hintId = `${id}-hint`;
  const select = element(
    'select',
    { id, ...(hint !== '' && { 'aria-describedby': hintId }) },
    ...choices.map(([value, text]) => element('option', { value }, text)),
  );
  const root = element(
    'div',
    { class: 'field' },
    element('label', { for: id }, label),
    select,
    hint !== '' && element('p', { class: 'hint', id: hintId }, hint),
  );
  return { root, select };
}
