import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../model/clock.js';
import { CLOCK } from '../telemetry/clock.token.js';

/** Long enough to find the terminal's link again; short, since addresses are kept in histories. */
const CODE_MS = 10 * 60_000;

/** Codes that open the page with a drain already in it, so that no token stands in an address. Each works once. */
@Injectable()
export class OneTimeCodes {
  private readonly waiting = new Map<string, { readonly drainUrl: string; readonly endsAt: number }>();

  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  /** @returns what belongs behind the # of the page's address */
  issue(drainUrl: string): string {
    const code = randomBytes(16).toString('base64url');
    this.waiting.set(code, { drainUrl, endsAt: this.clock.monotonic() + CODE_MS });
    return code;
  }

  /** The drain URL of a code, the first time that it is asked for, in time; else undefined. */
  take(code: string): string | undefined {
    const drainUrl = this.isGood(code) ? this.waiting.get(code)!.drainUrl : undefined;
    this.waiting.delete(code);
    return drainUrl;
  }

  /** Whether a code still opens the page. */
  isGood(code: string): boolean {
    const found = this.waiting.get(code);
    return found !== undefined && this.clock.monotonic() <= found.endsAt;
  }
}
