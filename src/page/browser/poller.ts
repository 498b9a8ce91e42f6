import { ApiError } from './api.js';

/** After so many ms without an answer it is asked again; doubled each time, up to the other. */
const BACK_OFF_MS = 1_000;
const BACK_OFF_MS_MAX = 30_000;

/** How a poller gets on. */
export type PollState =
  | { readonly type: 'live' }
  | { readonly type: 'hidden' }
  /** @property sinceAt of the last answer, ms since the epoch; undefined if there was none */
  | { readonly type: 'away'; readonly why: string; readonly sinceAt: number | undefined; readonly againAt: number };

/** Asks again and again: not while the tab is hidden, less often while there is no answer. */
export class Poller {
  private controller = new AbortController();
  private stopped = false;
  private failures = 0;
  private answeredAt: number | undefined;
  private wakeUp: () => void = () => undefined;
  private readonly onVisibility = (): void => {
    if (document.hidden) this.tell({ type: 'hidden' });
    else this.now();
  };

  /**
   * @param work throws ApiError
   * @param intervalMs between the end of one and the next
   * @param refused the credentials are not, or no longer, good; it has stopped
   */
  constructor(
    private readonly work: (signal: AbortSignal) => Promise<void>,
    private readonly intervalMs: () => number,
    private readonly tell: (state: PollState) => void,
    private readonly refused: (error: ApiError) => void,
  ) {
    document.addEventListener('visibilitychange', this.onVisibility);
    void this.run();
  }

  /** Asks at once; what is under way is given up. */
  now(): void {
    this.controller.abort();
    this.wakeUp();
  }

  stop(): void {
    this.stopped = true;
    document.removeEventListener('visibilitychange', this.onVisibility);
    this.now();
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      if (document.hidden) {
        await this.sleep(Infinity);
        continue;
      }
      await this.once();
    }
  }

  private async once(): Promise<void> {
    const { signal } = (this.controller = new AbortController());
    try {
      await this.work(signal);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && error.isRefusal) {
        this.stop();
        return this.refused(error);
      }
      const delay = Math.min(BACK_OFF_MS_MAX, BACK_OFF_MS * 2 ** this.failures++) * (0.75 + Math.random() / 2);
      const why = error instanceof ApiError ? error.message : 'the answer cannot be read';
      this.tell({ type: 'away', why, sinceAt: this.answeredAt, againAt: Date.now() + delay });
      return this.sleep(delay);
    }
    this.failures = 0;
    this.answeredAt = Date.now();
    this.tell({ type: 'live' });
    if (!signal.aborted) await this.sleep(this.intervalMs());
  }

  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.wakeUp = resolve;
      if (ms !== Infinity) setTimeout(resolve, ms);
    });
  }
}
