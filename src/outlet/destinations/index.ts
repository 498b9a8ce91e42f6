import type { ResolvedDestination } from '../../model/credentials.js';
import type { Clock } from '../../model/clock.js';
import type { Destination } from '../destination.js';
import type { HttpClient } from '../http-client.js';
import { ConsoleDestination } from './console.js';
import { LibratoDestination } from './librato.js';
import { OtlpDestination } from './otlp/otlp.js';

/** What destinations are made with. */
export interface DestinationTools {
  readonly http: Pick<HttpClient, 'post'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly print: (text: string) => void | Promise<void>;
}

/** The destination that credentials name. A new kind is one line here; the compiler asks for it. */
export function destinationOf(
  { target, byOperator, account }: ResolvedDestination,
  tools: DestinationTools,
): Destination {
  switch (target.kind) {
    case 'console':
      return new ConsoleDestination(tools.print);
    case 'librato':
      return new LibratoDestination(target, byOperator, tools);
    case 'otlp':
      return new OtlpDestination(target, byOperator, tools, account);
  }
}
