import { element, fill } from '../dom.js';
import type { Drain } from '../drain-url.js';
import { DestinationForm } from './destination-form.js';
import { OptionsForm } from './options-form.js';
import { Result } from './result.js';
import { TryForm } from './try-form.js';

/** The view that makes drain URLs. It needs no credentials. */
export class BuilderView {
  /**
   * @param canSign whether the service signs over HTTP
   * @param onDrain charts of the drain that was made are wanted
   */
  constructor(root: HTMLElement, canSign: boolean, onDrain: (drain: Drain) => void) {
    const destination = new DestinationForm(() => result.changed(true));
    const options = new OptionsForm(() => {
      trying.changed();
      result.changed(false);
    });
    const trying = new TryForm(() => options.query);
    const result = new Result(
      canSign,
      () => destination.credentials,
      () => options.query,
      onDrain,
    );
    fill(
      root,
      element(
        'div',
        { class: 'builder' },
        element('h1', {}, 'Build a drain URL'),
        destination.root,
        options.root,
        trying.root,
        result.root,
      ),
    );
    trying.changed();
  }
}
