import { describe, expect, it } from '@jest/globals';
import { HttpError } from '../access/http-error.js';
import { ManualClock } from '../model/clock.js';
import { DrainParser } from '../parsing/drain-parser.js';
import { DrainOptionsReader } from './drain-options.js';
import { TryService } from './try.service.js';

describe('trying a line', () => {
  const clock = new ManualClock(1_800_000_000_000);
  const service = () => new TryService(new DrainParser(1), clock);
  const options = (query = '') => new DrainOptionsReader().read(query, false);
  const tried = (text: string, query?: string) => service().try(Buffer.from(text), options(query), '203.0.113.1');

  it('gives each metric that a drain would take, with its values', () => {
    const line = 'source=web.1 measure#db=4ms measure#db=6ms count#hits=2 sample#mem=1.5MB unique#user=ann';
    expect(tried(line)).toEqual({
      messages: 1,
      rejected: [],
      metrics: [
        { kind: 'measure', name: 'db', source: 'web.1', unit: 'ms', values: [4, 6] },
        { kind: 'count', name: 'hits', source: 'web.1', unit: '', values: [2] },
        { kind: 'sample', name: 'mem', source: 'web.1', unit: 'MB', values: [1.5] },
        { kind: 'unique', name: 'user', source: 'web.1', unit: '', values: [1] },
      ],
    });
  });

  it('applies the options of the drain', () => {
    expect(tried('count#hits', 'prefix=shop&source-prefix=eu').metrics).toEqual([
      { kind: 'count', name: 'shop.hits', source: 'eu', unit: '', values: [1] },
    ]);
  });

  it('says what would not be taken, and where', () => {
    expect(tried('measure#db=fast count#ok')).toMatchObject({
      metrics: [{ name: 'ok' }],
      rejected: [{ reason: 'value-malformed' }],
    });
  });

  it('has an end for each address', () => {
    const trier = service();
    const line = Buffer.from('count#hits');
    for (let i = 0; i < 300; i++) trier.try(line, options(), '203.0.113.1');
    expect(() => trier.try(line, options(), '203.0.113.1')).toThrow(HttpError);
    expect(trier.try(line, options(), '203.0.113.2').messages).toBe(1);
    clock.advance(60_000);
    expect(trier.try(line, options(), '203.0.113.1').messages).toBe(1);
  });
});
