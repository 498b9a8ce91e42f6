import type { ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { IngestError } from './ingest-error.js';
import { INGEST_OPTIONS, type IngestOptions } from './ingest.options.js';
import { RETRY_AFTER_SECONDS } from './drain.service.js';

/** Keeps what is at work at once, in requests and in bytes, within limits: a receiver that takes on more than it can hold loses all of it. */
@Injectable()
export class Admission {
  private requests = 0;
  private bytes = 0;

  constructor(@Inject(INGEST_OPTIONS) private readonly options: IngestOptions) {}

  /**
   * Admits a request until its response is closed, however that ends.
   *
   * @param contentLength as the header says; a chunked body counts as the largest there may be
   * @throws IngestError 503
   */
  enter(response: ServerResponse, contentLength: string | undefined): void {
    const { inFlightRequests, inFlightBytes, bodyLimitBytes } = this.options;
    const bytes = Math.min(Number(contentLength ?? bodyLimitBytes) || 0, bodyLimitBytes);
    if (this.requests >= inFlightRequests || this.bytes + bytes > inFlightBytes) {
      throw new IngestError('L2MET_INGEST_OVERLOAD', undefined, RETRY_AFTER_SECONDS);
    }
    this.requests++;
    this.bytes += bytes;
    response.once('close', () => {
      this.requests--;
      this.bytes -= bytes;
    });
  }
}
