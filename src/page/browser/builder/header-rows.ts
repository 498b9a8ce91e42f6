import { element, fill } from '../dom.js';
import { secretField } from '../secret-field.js';
import { textField } from './text-field.js';

interface Row {
  readonly root: HTMLElement;
  readonly name: HTMLInputElement;
  readonly value: HTMLInputElement;
}

/** Headers of every request to an endpoint: any number of names and values. */
export class HeaderRows {
  readonly root = element('div', { class: 'headers' });
  private rows: Row[] = [];
  private readonly add: HTMLElement;

  constructor(private readonly onChange: () => void) {
    this.add = element('button', { type: 'button', class: 'quiet' }, 'Add a header');
    this.add.addEventListener('click', () => {
      this.rows.push(this.row('', ''));
      this.show();
      this.rows.at(-1)!.name.focus();
    });
    this.show();
  }

  get values(): readonly (readonly [string, string])[] {
    return this.rows.map(({ name, value }) => [name.value.trim(), value.value.trim()] as const);
  }

  set values(values: readonly (readonly [string, string])[]) {
    this.rows = values.map(([name, value]) => this.row(name, value));
    this.show();
  }

  private row(name: string, value: string): Row {
    const nameField = textField('Header', { value: name, placeholder: 'x-api-key' });
    const valueField = secretField('Value', '');
    valueField.input.value = value;
    const remove = element('button', { type: 'button', class: 'quiet', 'aria-label': 'Remove this header' }, 'Remove');
    const root = element('div', { class: 'pair header' }, nameField.root, valueField.root, remove);
    const row = { root, name: nameField.input, value: valueField.input };
    remove.addEventListener('click', () => {
      this.rows = this.rows.filter((one) => one !== row);
      this.show();
      this.add.focus();
      this.onChange();
    });
    return row;
  }

  private show(): void {
    fill(this.root, ...this.rows.map(({ root }) => root), this.add);
  }
}
