import { IsIn, Matches, validateSync } from 'class-validator';
import { RESOLUTIONS } from '../model/window.js';
import type { ParseOptions } from '../parsing/drain-parser.js';
import { BoundedMap } from '../access/bounded-map.js';
import { HttpError } from '../access/http-error.js';

/** Short, since a metric name with its prefix has 255 bytes; else whatever was taken before. */
// eslint-disable-next-line no-control-regex -- nothing good comes of control characters in a name
const PREFIX = /^[^\x00-\x1f\x7f]{0,100}$/;
const PREFIX_ALLOWED = 'up to 100 characters without control characters';

/** A longer query is read anew each time, so that what is remembered stays small. */
const REMEMBERED_LENGTH_MAX = 512;

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

  @IsIn(['0', '1'], { message: '0 or 1' })
  platform: '0' | '1' = '0';

  @IsIn(['next', 'drop'], { message: 'next or drop' })
  late: 'next' | 'drop' = 'next';
}

const NAMES = Object.keys(new DrainQuery()) as (keyof DrainQuery)[];

/** Drain options, understood. */
export interface DrainOptions extends ParseOptions {
  /** Where the destination adds: whether a line for a window that is due counts in the open one or is dropped. */
  readonly late: 'next' | 'drop';
  /** The same for the same options, whatever their order and spelling in the query. */
  readonly canonical: string;
  /** Options that were malformed, so that their default holds; each as a sentence. */
  readonly fellBack: readonly string[];
}

/** Reads drain options. Drains repeat the same query for ever, so results are remembered. */
export class DrainOptionsReader {
  private readonly remembered = new BoundedMap<string, DrainOptions>(10_000);

  /**
   * @param query what follows the `?`, as sent
   * @param lenient whether a malformed option gets its default: for Logplex and log-shuttle, which read no answer and would
   * lose the batch, and for who looks at a drain
   * @throws HttpError 400 naming option, value and what is allowed
   */
  read(query: string, lenient: boolean): DrainOptions {
    const key = `${lenient ? 'lenient' : 'strict'} ${query}`;
    const known = this.remembered.get(key);
    if (known) return known;
    const options = parse(query, lenient);
    if (query.length <= REMEMBERED_LENGTH_MAX) this.remembered.set(key, options);
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
    const problem = `${property}=${shown(value)}, but it must be ${Object.values(constraints ?? {})[0] ?? ''}`;
    if (!lenient) throw new HttpError('L2MET_INGEST_OPTION', problem);
    const fallback = new DrainQuery()[property as keyof DrainQuery];
    Object.assign(options, { [property]: fallback });
    fellBack.push(`${problem}; the default ${shown(fallback)} holds`);
  }
  const { resolution, prefix, platform, late } = options;
  const sourcePrefix = options['source-prefix'];
  const routerSource = options['router-source'];
  return {
    resolutionSeconds: Number(resolution),
    prefix,
    sourcePrefix,
    routerSource,
    platform: platform === '1',
    late,
    canonical: JSON.stringify([resolution, prefix, sourcePrefix, routerSource, platform, late]),
    fellBack,
  };
}

/** A value from outside, short enough for a message. */
function shown(value: unknown): string {
  const text = String(value);
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
