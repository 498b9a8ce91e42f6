import { parseCredentials } from '../../../model/credentials.js';
import { element, fill, freshId, say } from '../dom.js';
import { secretField } from '../secret-field.js';
import { libratoCredentials, otlpCredentials } from './compose.js';
import { HeaderRows } from './header-rows.js';
import { PRESETS } from './presets.js';
import { choiceField, textField } from './text-field.js';

const KINDS = [
  ['console', 'Console', 'Tables on l2met’s standard output. Enough to see it work: this page draws them, too.'],
  [
    'otlp',
    'OTLP',
    'A Collector, Grafana Cloud, Datadog, Honeycomb, SolarWinds, Prometheus: nearly every service of today.',
  ],
  ['librato', 'Librato-compatible', 'A service that speaks Librato’s protocol.'],
  ['account', 'email:token', 'As for the Go program: they go where l2met’s operator points LIBRATO_URL.'],
] as const;

type DestinationName = (typeof KINDS)[number][0];

/** Asks where the metrics go. */
export class DestinationForm {
  readonly root: HTMLElement;
  private kind: DestinationName = 'console';
  private readonly fields = element('div', { class: 'fields' });
  private readonly problem = element('p', { class: 'hint', role: 'status' });

  private readonly preset = choiceField('Fill in for', [
    ['', 'choose a service…'],
    ...PRESETS.map(({ label }) => [label, label] as const),
  ]);
  private readonly presetHint = element('p', { class: 'hint', 'aria-live': 'polite' });
  private readonly endpoint = textField('Endpoint', { placeholder: 'https://host/v1/metrics', inputMode: 'url' });
  private readonly user = textField('User name');
  private readonly password = secretField('Password', '');
  private readonly headers = new HeaderRows(() => this.changed());
  private readonly serviceName = textField(
    'service.name',
    { placeholder: 'l2met' },
    'A resource attribute; some services sort by it.',
  );
  private readonly percentiles = element('input', { type: 'checkbox', id: freshId() });

  private readonly libratoUrl = textField('Endpoint', { placeholder: 'https://host/v1/metrics', inputMode: 'url' });
  private readonly libratoUser = textField('User name', { placeholder: 'me@example.com' });
  private readonly libratoToken = secretField('API token', '');

  private readonly email = textField('E-mail', { placeholder: 'me@example.com', inputMode: 'email' });
  private readonly apiToken = secretField('API token', '');

  /** @param onChange the credentials are others, or none */
  constructor(private readonly onChange: () => void) {
    const choices = KINDS.map(([kind, label, hint]) => {
      const input = element('input', { type: 'radio', name: 'destination', value: kind, checked: kind === this.kind });
      input.addEventListener('change', () => {
        this.kind = kind;
        this.showFields();
        this.changed();
      });
      return element(
        'label',
        { class: 'choice' },
        input,
        element('span', {}, element('b', {}, label), element('small', {}, hint)),
      );
    });
    this.root = element(
      'fieldset',
      { class: 'step' },
      element('legend', {}, element('h2', {}, 'Where the metrics go')),
      element('div', { class: 'choices' }, ...choices),
      this.fields,
      this.problem,
    );
    this.preset.select.addEventListener('change', () => this.usePreset());
    this.root.addEventListener('input', () => this.changed());
    this.showFields();
  }

  /** Credentials that a service would take; undefined while something is missing. */
  get credentials(): string | undefined {
    const text = this.compose();
    return parseCredentials(text).ok ? text : undefined;
  }

  private compose(): string {
    switch (this.kind) {
      case 'console':
        return 'console:';
      case 'librato':
        return libratoCredentials(
          this.libratoUrl.input.value.trim(),
          this.libratoUser.input.value.trim(),
          this.libratoToken.input.value.trim(),
        );
      case 'account':
        return `${this.email.input.value.trim()}:${this.apiToken.input.value.trim()}`;
      case 'otlp':
        return otlpCredentials({
          endpoint: this.endpoint.input.value.trim(),
          user: this.user.input.value.trim(),
          password: this.password.input.value.trim(),
          headers: this.headers.values,
          serviceName: this.serviceName.input.value.trim(),
          percentiles: this.percentiles.checked,
        });
    }
  }

  private changed(): void {
    say(this.problem, this.isBegun() ? this.problemText() : '');
    this.onChange();
  }

  private problemText(): string {
    const parsed = parseCredentials(this.compose());
    return parsed.ok ? '' : `Not yet complete: ${parsed.problem}.`;
  }

  /** Nobody is told off before they have begun. */
  private isBegun(): boolean {
    return [...this.fields.querySelectorAll<HTMLInputElement>('input:not([type=checkbox])')].some(
      ({ value }) => value !== '',
    );
  }

  private showFields(): void {
    const fields: Readonly<Record<DestinationName, () => readonly HTMLElement[]>> = {
      console: () => [],
      otlp: () => [
        this.preset.root,
        this.presetHint,
        this.endpoint.root,
        this.headers.root,
        element('div', { class: 'pair' }, this.user.root, this.password.root),
        this.serviceName.root,
        element(
          'div',
          { class: 'check' },
          this.percentiles,
          element('label', { for: this.percentiles.id }, 'Send median, p95 and p99 as gauges besides the histogram'),
        ),
      ],
      librato: () => [
        this.libratoUrl.root,
        element('div', { class: 'pair' }, this.libratoUser.root, this.libratoToken.root),
      ],
      account: () => [element('div', { class: 'pair' }, this.email.root, this.apiToken.root)],
    };
    fill(this.fields, ...fields[this.kind]());
  }

  private usePreset(): void {
    const preset = PRESETS.find(({ label }) => label === this.preset.select.value);
    if (!preset) return;
    this.endpoint.input.value = preset.endpoint;
    this.headers.values = preset.headers;
    say(this.presetHint, preset.hint);
    this.changed();
  }
}
