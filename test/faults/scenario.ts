import type { Setup, World } from './world.js';

/** One kind of fault, and what may come of it. */
export interface Scenario {
  readonly name: string;
  /** The row's title in the table. */
  readonly fault: string;
  /** Whether it belongs to the short set. */
  readonly short?: boolean;
  readonly setup?: Partial<Setup> | ((resolutionSeconds: number) => Partial<Setup>);
  /** Redis itself loses what was acknowledged: how much is measured. That it is something shows that the fault is one. */
  readonly loses?: boolean;
  /**
   * Breaks something while traffic runs and sets it right again. It says when it does either, and ends with traffic still
   * running.
   *
   * @param full false for the short set: fewer times, shorter outages
   */
  readonly run: (world: World, full: boolean) => Promise<void>;
}
