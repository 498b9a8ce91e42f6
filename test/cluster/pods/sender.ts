import { Sender, type SenderOptions, type SentRequest } from '../../faults/sender.js';
import { serveControl } from './control.js';

/** What the sender's pod is told, by its environment: JSON. */
export interface SenderSettings extends Pick<
  SenderOptions,
  'tenants' | 'resolutionSeconds' | 'requestsPerSecond' | 'lines'
> {
  /** Where drains lead to, https://host */
  readonly base: string;
}

/** What it says of what it did. */
export interface SenderAccount {
  readonly requests: readonly SentRequest[];
  /** Tries by what came of them: a status, or why there was none. */
  readonly answers: Readonly<Record<string, number>>;
  readonly acknowledgedLines: number;
}

const { base, ...settings } = JSON.parse(process.env['SENDER']!) as SenderSettings;
const sender = new Sender({
  ...settings,
  copies: 1,
  receiver: () => base,
  nowMs: Date.now,
  random: Math.random,
});

serveControl({
  '/start': () => sender.start(),
  '/pause': () => sender.pause(),
  '/account': (): SenderAccount => ({
    requests: sender.requests,
    answers: Object.fromEntries(sender.answers),
    acknowledgedLines: sender.acknowledgedLines,
  }),
});
