import { element } from './dom.js';

const TOLD_MS = 1_600;

/** A button that copies a text; it asks for it only then, so that a secret is in no attribute. */
export function copyButton(what: string, textOf: () => string): HTMLButtonElement {
  const button = element('button', { type: 'button', class: 'copy', 'aria-label': `Copy ${what}` }, 'Copy');
  button.addEventListener('click', () => {
    void write(textOf()).then((done) => {
      button.textContent = done ? 'Copied' : 'Press Ctrl-C';
      setTimeout(() => (button.textContent = 'Copy'), TOLD_MS);
    });
  });
  return button;
}

async function write(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Over plain HTTP a browser gives a page no clipboard: this older way still works.
    const area = element('textarea', { value: text, class: 'unseen', readOnly: true });
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}
