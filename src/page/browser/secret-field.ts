import { element, freshId } from './dom.js';

/** A field for a secret. */
export interface SecretField {
  readonly root: HTMLElement;
  readonly input: HTMLInputElement;
}

/**
 * A field whose text is masked until it is asked to show it. It is no password field: a browser would offer to keep what is
 * in one, and this stays in the memory of the tab.
 */
export function secretField(label: string, placeholder: string): SecretField {
  const id = freshId();
  const input = element('input', {
    id,
    class: 'masked',
    type: 'text',
    placeholder,
    autocomplete: 'off',
    autocapitalize: 'off',
    spellcheck: false,
  });
  const toggle = element('button', { type: 'button', class: 'quiet', 'aria-pressed': 'false' }, 'Show');
  toggle.setAttribute('aria-label', `Show ${label.toLowerCase()}`);
  toggle.addEventListener('click', () => {
    const masked = input.classList.toggle('masked');
    toggle.setAttribute('aria-pressed', String(!masked));
    toggle.textContent = masked ? 'Show' : 'Hide';
  });
  const root = element(
    'div',
    { class: 'field' },
    element('label', { for: id }, label),
    element('div', { class: 'with-button' }, input, toggle),
  );
  return { root, input };
}
