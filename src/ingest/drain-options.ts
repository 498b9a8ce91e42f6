import { IsIn, Matches, validateSync } from 'class-validator';
import { RESOLUTIONS } from '../model/window.js';
import type { ParseOptions } from '../parsing/drain-parser.js';
import { BoundedMap } from './bounded-map.js';
import { IngestError } from './ingest-error.js';
import type { Sender } from './sender.js';

/** Prefixes are short and printable; a metric name with its prefix has 255 bytes. */
const PREFIX = /^[\x21-\x7e]{0,100}$/;
const PREFIX_ALLOWED = 'up to 100 printable ASCII characters';

/** The options in a drain URL's query. */
class DrainQuery {
  @IsIn(RESOLUTIONS.map(String), {
    message: 'a whole number of seconds from 1 to 3600 that divides 3600 (1, 5, 10, 15, 30, 60, …)',
  })
  resolution: string = '60';

  @Matches(PREFIX, { message: PREFIX_ALLOWED })
  prefix: string = '';

  @Matches(PREFIX, { message: PREFIX_ALLOWED })
  'source-prefix': string = '';

  @IsIn(['none', 'dyno', 'host'], { message: 'none, dyno or host' })
  'router-source': ParseOptions['routerSource'] = 'none';
}

const NAMES = Object.keys(new DrainQuery()) as (keyof DrainQuery)[];

/** Drain options, understood. */
export interface DrainOptions extends ParseOptions {
  /** The same for the same options, whatever their order and spelling in the query. */
  readonly canonical: string;
  /** Options that were malformed, so that their default holds; only for senders that read no answer. */
  readonly fellBack: readonly string[];
}

/** Reads drain options. Drains repeat the same query for ever, so results are remembered. */
export class DrainOptionsReader {
  private readonly remembered = new BoundedMap<string, DrainOptions>(10_000);

  /**
   * @param query what follows the `?`, as sent
   * @throws IngestError 400 naming option, value and what is allowed; for Logplex and log-shuttle the default is taken
   * instead, since they read no answer and would lose the batch
   */
  read(query: string, sender: Sender): DrainOptions {
    const key = `${sender === 'other' ? 'strict' : 'lenient'} ${query}`;
    const known = this.remembered.get(key);
    if (known) return known;
    const options = parse(query, sender !== 'other');
    this.remembered.set(key, options);
    return options;
  }
}

function parse(query: string, lenient: boolean): DrainOptions {
  const given = new URLSearchParams(query);
  const options = new DrainQuery();
  for (const name of NAMES) {
    const value = given.get(name);
    if (value !== null) Object.assign(options, { [name]: value });
  }
  const fellBack: string[] = [];
  for (const { property, value, constraints } of validateSync(options)) {
    const allowed = Object.values(constraints ?? {})[0] ?? '';
    if (!lenient)
      throw new IngestError('L2MET_INGEST_OPTION', `${property}=${shown(value)}, but it must be ${allowed}`);
    fellBack.push(property);
    Object.assign(options, { [property]: new DrainQuery()[property as keyof DrainQuery] });
  }
  const { resolution, prefix } = options;
  const sourcePrefix = options['source-prefix'];
  const routerSource = options['router-source'];
  return {
    resolutionSeconds: Number(resolution),
    prefix,
    sourcePrefix,
    routerSource,
    canonical: JSON.stringify([resolution, prefix, sourcePrefix, routerSource]),
    fellBack,
  };
}

/** A value from outside, short enough for a message. */
function shown(value: unknown): string {
  const text = String(value);
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
