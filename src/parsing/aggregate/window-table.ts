/** A window while its body is read. */
export interface OpenWindow {
  /** Its place in order of first arrival. */
  readonly index: number;
  /** Start, s since the epoch. */
  readonly startSeconds: number;
  /** How many measurements it has got. */
  measurements: number;
  /** Its chain of slots in the register; -1 while there is none. */
  firstSlot: number;
  lastSlot: number;
}

/** The windows that one body touches. Mostly one; a hostile body may name another in every line. */
export class WindowTable {
  private resolutionSeconds = 60;
  private byStart = new Map<number, OpenWindow>();
  private current: OpenWindow | undefined;

  begin(resolutionSeconds: number): void {
    this.resolutionSeconds = resolutionSeconds;
    if (this.byStart.size > 0) this.byStart = new Map();
    this.current = undefined;
  }

  /** The window of an instant in whole seconds since the epoch; negative ones round down too. */
  at(seconds: number): OpenWindow {
    const { current } = this;
    if (current !== undefined) {
      const into = seconds - current.startSeconds;
      if (into >= 0 && into < this.resolutionSeconds) return current;
    }
    return (this.current = this.open(Math.floor(seconds / this.resolutionSeconds) * this.resolutionSeconds));
  }

  /** All windows, ascending by start. */
  ascending(): OpenWindow[] {
    return [...this.byStart.values()].sort((a, b) => a.startSeconds - b.startSeconds);
  }

  private open(startSeconds: number): OpenWindow {
    let window = this.byStart.get(startSeconds);
    if (window === undefined) {
      window = { index: this.byStart.size, startSeconds, measurements: 0, firstSlot: -1, lastSlot: -1 };
      this.byStart.set(startSeconds, window);
    }
    return window;
  }
}
