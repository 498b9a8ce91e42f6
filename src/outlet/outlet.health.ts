import { Injectable } from '@nestjs/common';
import { OutletService } from './outlet.service.js';

/** Without an answer of the store for so long, ms, the outlet is down: due windows wait. */
const SILENCE_MS_MAX = 60_000;

/** How the outlet is, for /health. A destination that throttles or refuses is not its fault and does not show. */
@Injectable()
export class OutletHealth {
  readonly name = 'outlet';
  /** Requests are taken without it: what is stored waits. */
  readonly gatesReadiness = false;

  constructor(private readonly outlet: OutletService) {}

  /** Down while the store is silent, or while tokens come that no key here opens (a key is missing in SECRETS). */
  check(): Promise<{ up: boolean; details: Record<string, unknown> }> {
    const { undecryptableTenants, storeSilentMs, deliveriesUnderWay } = this.outlet;
    const problems: string[] = [];
    if (storeSilentMs > SILENCE_MS_MAX) {
      problems.push(`the store has not answered for ${Math.round(storeSilentMs / 1000)} s: due windows wait`);
    }
    if (undecryptableTenants > 0) {
      problems.push(
        `the tokens of ${undecryptableTenants} tenants cannot be opened: give the outlet the SECRETS of the receivers`,
      );
    }
    const details = { deliveriesUnderWay, undecryptableTenants, ...(problems.length > 0 && { problems }) };
    return Promise.resolve({ up: problems.length === 0, details });
  }
}
