import type { Setup, World } from './world.js';

/** One kind of fault, and what may come of it. */
export interface Scenario {
  readonly name: string;
  /** The row's title in the table. */
  readonly fault: string;
  /** Whether it belongs to the short set. */
  readonly short?: boolean;
  readonly setup?: Partial<Setup>;
  /** What is lost is measured, not judged: Redis itself loses it. */
  readonly mayLose?: boolean;
  /**
   * POSTs that a destination which adds may get again although it has answered; 0 by default. A destination that replaces has
   * nothing twice.
   */
  readonly repeatsMax?: (world: World) => number;
  /**
   * Breaks something while traffic runs and sets it right again. It says when it does either, and ends with traffic still
   * running.
   *
   * @param full false for the short set: fewer times, shorter outages
   */
  readonly run: (world: World, full: boolean) => Promise<void>;
}

/** A POST of each tenant may have been in flight whenever an outlet was killed. */
export function postsInFlightAtKills(world: World): number {
  return world.tenants.length * world.outlets.reduce((sum, { kills }) => sum + kills, 0);
}
