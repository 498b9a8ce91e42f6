import { element } from '../dom.js';
import { choiceField, textField } from './text-field.js';

const RESOLUTIONS = [1, 5, 10, 15, 30, 60, 300, 600, 900, 1800, 3600];

/** Asks for the drain's options. */
export class OptionsForm {
  readonly root: HTMLElement;
  private readonly resolution = choiceField(
    'resolution',
    RESOLUTIONS.map((seconds) => [String(seconds), seconds < 60 ? `${seconds} s` : `${seconds / 60} min`] as const),
    'Length of a window: each has its own count, sum, median, p95 and p99.',
  );
  private readonly prefix = textField(
    'prefix',
    { maxLength: 100, placeholder: 'none' },
    'Stands before every name, with a dot.',
  );
  private readonly sourcePrefix = textField(
    'source-prefix',
    { maxLength: 100, placeholder: 'none' },
    'Stands before every source, with a dot; alone where there is no source.',
  );
  private readonly routerSource = choiceField(
    'router-source',
    [
      ['none', 'none: their source='],
      ['dyno', 'dyno'],
      ['host', 'host'],
    ],
    'What becomes the source of Heroku’s router lines.',
  );
  private readonly platform = choiceField(
    'platform',
    [
      ['0', '0: not counted'],
      ['1', '1: counted'],
    ],
    'What Heroku says itself: statuses of the router, H, R and L errors, lines that Logplex lost.',
  );
  private readonly late = choiceField(
    'late',
    [
      ['next', 'next: in the open window'],
      ['drop', 'drop: dropped and counted'],
    ],
    'What becomes of a line for a window that was delivered, where a destination adds (OTLP).',
  );

  constructor(onChange: () => void) {
    this.resolution.select.value = '60';
    const fields = [this.resolution, this.prefix, this.sourcePrefix, this.routerSource, this.platform, this.late];
    this.root = element(
      'fieldset',
      { class: 'step' },
      element('legend', {}, element('h2', {}, 'Options of the drain')),
      element('div', { class: 'options' }, ...fields.map(({ root }) => root)),
    );
    this.root.addEventListener('input', onChange);
  }

  /** What differs from the defaults, as a query with its `?`; or ''. */
  get query(): string {
    const chosen: readonly (readonly [name: string, value: string, byDefault: string])[] = [
      ['resolution', this.resolution.select.value, '60'],
      ['prefix', this.prefix.input.value, ''],
      ['source-prefix', this.sourcePrefix.input.value, ''],
      ['router-source', this.routerSource.select.value, 'none'],
      ['platform', this.platform.select.value, '0'],
      ['late', this.late.select.value, 'next'],
    ];
    const query = new URLSearchParams();
    for (const [name, value, byDefault] of chosen) if (value !== byDefault) query.set(name, value);
    return query.size > 0 ? `?${query}` : '';
  }
}
