import { Inject, Injectable } from '@nestjs/common';
import { AddressLimiter } from '../access/address-limiter.js';
import { HttpError } from '../access/http-error.js';
import { decodeBatch } from '../model/batch-reader.js';
import type { Bucket } from '../model/bucket.js';
import type { Clock } from '../model/clock.js';
import { Kind, type KindName, kindName } from '../model/kind.js';
import { DrainParser, type ParsedDrain } from '../parsing/drain-parser.js';
import { CLOCK } from '../telemetry/clock.token.js';
import type { DrainOptions } from './drain-options.js';

/** Nobody needs credentials to try a line, so an address gets only so many tries a minute: someone who types has enough. */
const TRIES_PER_MINUTE = 300;

/** What `POST /try` answers: what a drain would take of the lines. Nothing is kept of them. */
export interface TryReport {
  readonly messages: number;
  readonly metrics: readonly TriedMetric[];
  /** The first 20 that could not be read. */
  readonly rejected: ParsedDrain['rejected'];
}

/** One series of the lines. `source` and `unit` are '' where there is none. */
export interface TriedMetric {
  readonly kind: KindName;
  readonly name: string;
  readonly source: string;
  readonly unit: string;
  /** A counter's sum, a sample's last value, a measurement's values, or how many different strings there are. */
  readonly values: readonly number[];
}

/** Reads lines as a drain would, for whoever wants to see what comes of them. */
@Injectable()
export class TryService {
  private readonly tries: AddressLimiter;

  constructor(
    private readonly parser: DrainParser,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.tries = new AddressLimiter(TRIES_PER_MINUTE, clock);
  }

  /**
   * @param address of the client, for the rate limit
   * @throws HttpError 429
   */
  try(body: Uint8Array, options: DrainOptions, address: string): TryReport {
    const waitSeconds = this.tries.hit(address);
    if (waitSeconds > 0) throw new HttpError('L2MET_INGEST_TRY_RATE', undefined, waitSeconds);
    const { windows, messages, rejected } = this.parser.parse(body, 'detect', options, this.clock.now());
    return { messages, rejected, metrics: windows.flatMap(({ bytes }) => decodeBatch(bytes).map(triedMetric)) };
  }
}

function triedMetric(bucket: Bucket): TriedMetric {
  const { kind, name, source, unit } = bucket;
  return { kind: kindName(kind), name, source, unit, values: valuesOf(bucket) };
}

function valuesOf(bucket: Bucket): number[] {
  switch (bucket.kind) {
    case Kind.count:
      return [bucket.sum];
    case Kind.sample:
      return [bucket.value];
    case Kind.unique:
      return [bucket.cardinality.estimate()];
    case Kind.measure:
      // A body as small as these holds fewer than a distribution keeps.
      return [...bucket.distribution.exactValues()!];
  }
}
