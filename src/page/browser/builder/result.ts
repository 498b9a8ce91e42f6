import { ApiError, sign } from '../api.js';
import { copyButton } from '../copy-button.js';
import { type Drain, parseDrain } from '../drain-url.js';
import { element, fill, say } from '../dom.js';
import { secretField } from '../secret-field.js';

const LINE = 'measure#db.latency=4ms';

/** What stands in the lines until there is a token. */
const NO_TOKEN = 'TOKEN';

/** Makes the drain URL, and shows it in the forms in which it is used. */
export class Result {
  readonly root: HTMLElement;
  private token = NO_TOKEN;
  private readonly problem = element('p', { class: 'problem', role: 'alert' });
  private readonly secret = secretField('Signing secret', 'a key of SECRETS, or SIGN_SECRET');
  private readonly pasted = secretField('The drain URL, or token, that it printed', 'https://TOKEN@host/logs');
  private readonly making = element('div', { class: 'fields' });
  private readonly lines = element('div', { class: 'lines' });
  private readonly submit = element('button', { type: 'submit', class: 'primary' }, 'Sign');
  private readonly seeCharts = element('button', { type: 'button', class: 'primary', hidden: true }, 'See its charts');

  /**
   * @param canSign whether the service signs over HTTP
   * @param credentials what is to be signed; undefined while something is missing
   * @param query the drain's options
   */
  constructor(
    private readonly canSign: boolean,
    private readonly credentials: () => string | undefined,
    private readonly query: () => string,
    onDrain: (drain: Drain) => void,
  ) {
    const form = element('form', { noValidate: true }, this.secret.root, this.submit);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.sign();
    });
    this.pasted.input.addEventListener('input', () => this.takePasted());
    this.seeCharts.addEventListener('click', () =>
      onDrain({ token: this.token, host: location.host, query: this.query() }),
    );
    this.root = element(
      'section',
      { class: 'step' },
      element('h2', {}, 'The drain URL'),
      element(
        'p',
        { class: 'hint' },
        'The destination, with its secret, is signed into a token: encrypted with a key that only l2met has.',
      ),
      canSign ? form : this.making,
      this.problem,
      this.lines,
      this.seeCharts,
    );
    this.changed(true);
  }

  /** Destination or options are others. @param destination whether it is the destination: a token is of one alone */
  changed(destination: boolean): void {
    if (destination) {
      this.token = NO_TOKEN;
      this.pasted.input.value = '';
      this.showMaking();
    }
    this.submit.disabled = this.credentials() === undefined;
    this.showLines();
  }

  private async sign(): Promise<void> {
    const credentials = this.credentials();
    if (credentials === undefined) return;
    say(this.problem, '');
    try {
      // Padding would be percent-encoded in a URL, which not every sender undoes; tokens are read without it.
      const token = (await sign(this.secret.input.value.trim(), credentials)).replace(/=+$/, '');
      // The destination may be another one meanwhile.
      if (this.credentials() !== credentials) return;
      this.token = token;
      this.secret.input.value = '';
    } catch (error) {
      say(this.problem, error instanceof ApiError ? `It was not signed: ${error.message}.` : String(error));
    }
    this.showLines();
  }

  private takePasted(): void {
    const { value } = this.pasted.input;
    const drain = value.trim() === '' ? undefined : parseDrain(value);
    say(this.problem, typeof drain === 'string' ? drain : '');
    this.token = typeof drain === 'object' ? drain.token : NO_TOKEN;
    this.showLines();
  }

  private showMaking(): void {
    if (this.canSign) return;
    const credentials = this.credentials();
    const command = `l2met sign --url ${location.origin}`;
    fill(
      this.making,
      element(
        'p',
        {},
        'This service signs nothing over HTTP. Where its SECRETS are at hand, run this, and paste the credentials when it asks: never as an argument, which shows in process lists.',
      ),
      line('Command', command, () => command),
      credentials !== undefined &&
        line('Credentials', credentials === 'console:' ? credentials : masked(credentials), () => credentials),
      credentials === undefined &&
        element('p', { class: 'hint' }, 'The credentials stand here once the destination is complete.'),
      this.pasted.root,
    );
  }

  private showLines(): void {
    const url = new URL(`/logs${this.query()}`, location.origin);
    url.username = this.token;
    const { href } = url;
    this.seeCharts.hidden = this.token === NO_TOKEN;
    this.lines.classList.toggle('waits', this.token === NO_TOKEN);
    fill(
      this.lines,
      ...[
        ['Drain URL', href],
        ['Heroku', `heroku drains:add '${href}' -a my-app`],
        ['curl', `curl --data-binary '${LINE}' '${href}'`],
        ['log-shuttle', `my-app | log-shuttle -logs-url='${href}'`],
      ].map(([label, text]) => line(label!, text!, () => text!)),
    );
  }
}

function line(label: string, shown: string, textOf: () => string): HTMLElement {
  return element(
    'div',
    { class: 'line' },
    element('b', {}, label),
    element('div', { class: 'command' }, element('code', {}, shown), copyButton(label, textOf)),
  );
}

/** Credentials as far as they are no secret. */
function masked(credentials: string): string {
  const place = /^[a-z]+\+https?:\/\/(?:[^@/]*@)?([^/?]+)/.exec(credentials);
  return place
    ? `${credentials.slice(0, credentials.indexOf('://') + 3)}…${place[1]}…`
    : `${credentials.split(':')[0]}:…`;
}
