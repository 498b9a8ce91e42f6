// What a receiver in Node cannot be cheaper than: node:http reads the body whole, inflates it if it has to, and answers.
import { createServer } from 'node:http';
import { gunzipSync } from 'node:zlib';

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
    if (request.headers['content-encoding'] === 'gzip') gunzipSync(body);
    response.writeHead(204);
    response.end();
  });
});
server.listen(0, '127.0.0.1', () => {
  process.stderr.write(`{"url":"http://127.0.0.1:${server.address().port}"}\n`);
});
