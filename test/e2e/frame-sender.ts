import { setTimeout as pause } from 'node:timers/promises';
import { afterAll } from '@jest/globals';
import { basic, frames, send } from './http.js';

/** Between two frames, and before one is sent again, ms. */
const PAUSE_MS = 25;

/** A test that fails leaves its senders without anyone to send to. */
const sending = new Set<FrameSender>();
afterAll(() => {
  for (const sender of sending) sender.abandon();
});

let serial = 0;

/**
 * A sender such as Logplex: frames go one after the other, each again with the same id until it is acknowledged. A frame
 * counts one, so the sum of what is delivered says how many were lost or counted twice.
 */
export class FrameSender {
  /** Frames that were acknowledged. */
  acknowledged = 0;
  /** Answers that no passing fault gives; each such frame is not sent again. */
  readonly refusals: string[] = [];
  private readonly ended: Promise<void>;
  private stopping = false;
  private abandoned = false;

  /**
   * Begins to send.
   *
   * @param urls of the receivers there are at the time; they are taken by turns
   */
  constructor(
    private readonly token: string,
    private readonly urls: () => readonly string[],
  ) {
    sending.add(this);
    this.ended = this.run().finally(() => sending.delete(this));
  }

  /** Resolves once the last frame is acknowledged. */
  stop(): Promise<void> {
    this.stopping = true;
    return this.ended;
  }

  /** Ends it at once, whatever became of its last frame. */
  abandon(): void {
    this.stopping = true;
    this.abandoned = true;
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      const status = await this.sendFrame(`frame ${++serial}`);
      if (status === 204) this.acknowledged++;
      else this.refusals.push(`answered ${status}`);
      await pause(PAUSE_MS);
    }
  }

  /** The first answer that is no passing fault; undefined if it was abandoned before. */
  private async sendFrame(id: string): Promise<number | undefined> {
    const headers = {
      authorization: basic(this.token),
      'content-type': 'application/logplex-1',
      'logplex-frame-id': id,
    };
    for (let turn = 0; !this.abandoned; turn++) {
      const urls = this.urls();
      const url = urls[turn % urls.length];
      const body = frames([`<190>1 ${new Date().toISOString()} host app web.1 - count#n=1\n`]);
      const answer = url && (await send(`${url}/logs?resolution=1`, { headers, body }).catch(() => undefined));
      if (answer && answer.status !== 429 && answer.status !== 503) return answer.status;
      await pause(PAUSE_MS);
    }
    return undefined;
  }
}
