import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { asLogShuttle, buckets, frame, nonZero } from '../../test/fixtures/drains/described.js';
import { DrainParser, type ParseOptions } from './drain-parser.js';

const fixtures = new URL('../../test/fixtures/drains/', import.meta.url);
const frames = readdirSync(fixtures).filter((file) => file.endsWith('.logplex'));
const options: ParseOptions = {
  resolutionSeconds: 60,
  prefix: '',
  sourcePrefix: '',
  routerSource: 'none',
  platform: false,
};
const parser = new DrainParser(1);

function read(body: Uint8Array): unknown {
  const parsed = parser.parse(body, 'octet-counted', options, 0);
  return {
    messages: parsed.messages,
    windows: parsed.windows.map(({ startSeconds }) => startSeconds),
    buckets: buckets(parsed),
    lossNotices: nonZero(parsed.lossNotices),
    rejected: parsed.rejected,
  };
}

describe("senders' own frames", () => {
  it.each(frames)('%s is read as its expected.json says', (file) => {
    const expected: unknown = JSON.parse(
      readFileSync(new URL(file.replace('.logplex', '.expected.json'), fixtures), 'utf8'),
    );
    expect(read(readFileSync(new URL(file, fixtures)))).toEqual(expected);
  });

  it.each(frames)("%s is read the same in log-shuttle's form", (file) => {
    const logplex = readFileSync(new URL(file, fixtures));
    const message = logplex.toString().replace(/^\d+ /, '');
    expect(read(Buffer.from(frame(asLogShuttle(message))))).toEqual(read(logplex));
  });

  it('all of them in one body are each read as alone', () => {
    const parsed = parser.parse(
      Buffer.concat(frames.map((file) => readFileSync(new URL(file, fixtures)))),
      'octet-counted',
      options,
      0,
    );
    expect(parsed).toMatchObject({ messages: 18, measurementsByKind: [1, 10, 42, 0], rejected: [] });
    expect(parsed.lossNotices).toEqual({ L10: 41, L12: 222, L13: 111 });
    expect(parsed.windows.map(({ startSeconds }) => startSeconds)).toEqual([1772619300]);
  });
});
