import { setTimeout as delay } from 'node:timers/promises';
import { judge, type Verdict } from '../faults/judge.js';
import type { SeriesValue } from '../faults/destination.js';
import { ask } from './kube.js';
import { CONTROL_PORT } from './pods/control.js';
import type { SenderAccount } from './pods/sender.js';
import type { VendorAccount } from './pods/vendor.js';

/** Seconds of a window of the test's drains. */
export const RESOLUTION_SECONDS = 5;
/** All that was acknowledged is with the vendor within so long, ms: an outlet that was killed had a lease of 45 s. */
const DELIVERED_MS = 180_000;

/** What came of traffic while something was done to the release. */
export interface Outcome {
  /** Requests that were acknowledged meanwhile. */
  readonly acknowledged: number;
  readonly lines: number;
  /** Tries that got no 2xx, by what they got. */
  readonly refused: Readonly<Record<string, number>>;
  /** Lines a second, all told. */
  readonly rate: number;
}

/** Drains through the ingress, and compares with what the vendor has. */
export class Traffic {
  constructor(private readonly namespace: string) {}

  /**
   * Sends while something is done and for some seconds more, and waits until all that was acknowledged is with the vendor.
   *
   * @throws if anything acknowledged is lost, is there twice or is not what was sent
   */
  async during(action: () => unknown, linesAfter = 2_500): Promise<Outcome> {
    const before = this.account();
    const startedAt = performance.now();
    this.tell('/start');
    await this.untilLines(before.acknowledgedLines + 1_000);
    await action();
    await this.untilLines(this.account().acknowledgedLines + linesAfter);
    this.tell('/pause');
    const seconds = (performance.now() - startedAt) / 1000;
    const after = this.account();
    await this.untilDelivered(after);
    const refused = Object.entries(after.answers)
      .filter(([status]) => status !== '200' && status !== '204')
      .map(([status, times]) => [status, times - (before.answers[status] ?? 0)] as const)
      .filter(([, times]) => times > 0);
    const acknowledgedOf = ({ requests }: SenderAccount): number =>
      requests.filter(({ acknowledged }) => acknowledged).length;
    const lines = after.acknowledgedLines - before.acknowledgedLines;
    return {
      acknowledged: acknowledgedOf(after) - acknowledgedOf(before),
      lines,
      refused: Object.fromEntries(refused),
      rate: Math.round(lines / seconds),
    };
  }

  /** What the vendor has of a user, by series and start of the window. */
  vendorHas(user: string): ReadonlyMap<string, ReadonlyMap<number, SeriesValue>> {
    const account = ask<VendorAccount>(this.namespace, 'vendor', CONTROL_PORT, '/account');
    return new Map((account[user] ?? []).map(([series, values]) => [series, new Map(values)]));
  }

  private account(): SenderAccount {
    return ask(this.namespace, 'sender', CONTROL_PORT, '/account');
  }

  private tell(path: '/start' | '/pause'): void {
    ask(this.namespace, 'sender', CONTROL_PORT, path);
  }

  private async untilLines(lines: number): Promise<void> {
    const endsAt = performance.now() + 120_000;
    while (this.account().acknowledgedLines < lines) {
      if (performance.now() > endsAt) throw new Error('nothing is acknowledged any more');
      await delay(1_000);
    }
  }

  private async untilDelivered({ requests }: SenderAccount): Promise<void> {
    const endsAt = performance.now() + DELIVERED_MS;
    for (;;) {
      const verdict = this.judge(requests);
      const problems = [
        ...(verdict.lost > 0 ? [`${verdict.lost} of ${verdict.acknowledged} acknowledged requests are lost`] : []),
        ...(verdict.twice > 0 ? [`${verdict.twice} requests are counted twice`] : []),
        ...verdict.wrong.slice(0, 10),
      ];
      if (problems.length === 0) return;
      if (performance.now() > endsAt) throw new Error(problems.join('\n'));
      await delay(2_000);
    }
  }

  private judge(requests: SenderAccount['requests']): Verdict {
    const account = ask<VendorAccount>(this.namespace, 'vendor', CONTROL_PORT, '/account');
    const users = new Map(
      Object.entries(account).map(([user, series]) => [
        user,
        new Map(series.map(([name, values]) => [name, new Map(values)])),
      ]),
    );
    const delivered = (user: string): ReadonlyMap<string, ReadonlyMap<number, SeriesValue>> =>
      users.get(user) ?? new Map();
    return judge({ requests, delivered, secondValue: 'replaces', resolutionSeconds: RESOLUTION_SECONDS });
  }
}
