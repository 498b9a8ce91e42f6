// Takes whatever is posted, as a Librato-compatible service or an OTLP receiver, and tells afterwards what it was: reading it
// at once would take CPU from the outlet that is measured.
import { createServer } from 'node:http';
import { register } from 'node:module';
import { gunzipSync } from 'node:zlib';

register('../../scripts/typescript.mjs', import.meta.url);
const { decodeRequest } = await import('../../test/fixtures/otlp/decode.ts');

let bodies = [];
const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const { 'content-type': type, 'content-encoding': encoding } = request.headers;
    bodies.push({ isOtlp: type !== 'application/json', isGzip: encoding === 'gzip', body: Buffer.concat(chunks) });
    response.writeHead(200, { 'content-type': type });
    // An empty message, in either form.
    response.end(type === 'application/json' ? '{}' : '');
  });
});

/** Told to tell: how many POSTs have come since the last time, with how many distributions, of how many values. */
process.on('message', () => {
  const told = { posts: bodies.length, bytes: 0, distributions: 0, values: 0 };
  for (const { isOtlp, isGzip, body } of bodies) {
    told.bytes += body.length;
    const plain = isGzip ? gunzipSync(body) : body;
    const counts = isOtlp
      ? decodeRequest(plain, 'protobuf').map(({ histogram }) => histogram?.count)
      : JSON.parse(plain.toString('utf8')).gauges.map(({ count }) => count);
    for (const count of counts) {
      if (count === undefined) continue;
      told.distributions++;
      told.values += count;
    }
  }
  bodies = [];
  process.send(told);
});

server.listen(0, '127.0.0.1', () => {
  process.stderr.write(`{"url":"http://127.0.0.1:${server.address().port}"}\n`);
});
