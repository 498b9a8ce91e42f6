import { type Drain, parseDrain } from '../drain-url.js';
import { element, freshId, say } from '../dom.js';
import { secretField } from '../secret-field.js';

/** Asks for a drain URL. */
export class ConnectForm {
  readonly root: HTMLElement;
  private readonly problem = element('p', { class: 'problem', role: 'alert', id: freshId() });
  private readonly field = secretField('Drain URL', 'https://TOKEN@host/logs');

  constructor(onDrain: (drain: Drain) => void, toBuilder: () => void) {
    const form = element(
      'form',
      { class: 'connect', noValidate: true },
      this.field.root,
      this.problem,
      element('button', { type: 'submit', class: 'primary' }, 'Show its charts'),
    );
    this.field.input.setAttribute('aria-describedby', this.problem.id);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const drain = parseDrain(this.field.input.value);
      if (typeof drain === 'string') return this.complain(drain);
      this.complain('');
      this.field.input.value = '';
      onDrain(drain);
    });
    this.root = element(
      'div',
      { class: 'narrow' },
      element('h1', {}, 'See what your log lines become'),
      element(
        'p',
        {},
        'Paste a drain URL: its counters, measurements and samples of the last hour are drawn as they are delivered, with what was dropped on the way, and why.',
      ),
      form,
      element(
        'p',
        { class: 'hint' },
        'It stays in the memory of this tab: in no address, no cookie, no storage. Reload, and it is forgotten.',
      ),
      element(
        'p',
        {},
        'No drain yet? ',
        element('button', { type: 'button', class: 'link', onclick: toBuilder }, 'Build one'),
        ': choose a destination, try a line of your log, and take the URL with you.',
      ),
    );
  }

  complain(text: string): void {
    say(this.problem, text);
    if (text === '') this.field.input.removeAttribute('aria-invalid');
    else this.field.input.setAttribute('aria-invalid', 'true');
  }

  focus(): void {
    this.field.input.focus();
  }
}
