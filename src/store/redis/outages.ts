import type { Clock } from '../../model/clock.js';
import type { Counters } from '../../telemetry/counters.js';
import type { Logger } from '../../telemetry/logger.js';
import { type RedisFault, RedisUnavailableError } from './errors.js';

/** A fault is over once Redis has answered and it has not come again for so long, ms: so one that flickers is no flood. */
const QUIET_MS = 3_000;

/** Counts every fault, and logs each kind once when it begins and once when it is over. */
export class Outages {
  private readonly lastSeenAt = new Map<RedisFault, number>();

  constructor(
    private readonly counters: Counters,
    private readonly logger: Logger,
    private readonly clock: Clock,
  ) {}

  /** Something failed. @param code what the socket said, as `ECONNREFUSED` */
  failed(kind: RedisFault, code?: string): void {
    this.counters.add('redis_errors', kind);
    if (!this.lastSeenAt.has(kind)) {
      this.logger.warn({ event: 'redis-fault', kind, ...(code && { code }) }, new RedisUnavailableError(kind).message);
    }
    this.lastSeenAt.set(kind, this.clock.monotonic());
  }

  /** Something failed that is set right at once: counted, and of no interest otherwise. */
  mended(kind: RedisFault): void {
    this.counters.add('redis_errors', kind);
  }

  /** Something was answered as it should. */
  answered(): void {
    for (const [kind, lastSeenAt] of this.lastSeenAt) {
      if (this.clock.monotonic() - lastSeenAt < QUIET_MS) continue;
      this.lastSeenAt.delete(kind);
      this.logger.info({ event: 'redis-fault-over', kind }, `over: ${new RedisUnavailableError(kind).message}`);
    }
  }
}
