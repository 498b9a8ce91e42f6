// `helm test`: signs credentials for the console as an operator does, posts a frame as Logplex does, and wants 204.
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';

const [url] = process.argv.slice(2);
const signed = spawnSync('l2met', ['sign'], { input: 'console:', encoding: 'utf8' });
if (signed.status !== 0) {
  console.error(signed.stderr || signed.error?.message);
  process.exit(1);
}
const token = signed.stdout.trim();
const message = `<190>1 ${new Date().toISOString()} host app helm.test - count#l2met.helm-test\n`;
const answer = await fetch(`${url}/logs`, {
  method: 'POST',
  headers: {
    authorization: `Basic ${Buffer.from(`${token}:`).toString('base64')}`,
    'content-type': 'application/logplex-1',
    'logplex-frame-id': randomUUID(),
    'logplex-msg-count': '1',
  },
  body: `${Buffer.byteLength(message)} ${message}`,
});
console.log(`POST ${url}/logs: ${answer.status} ${await answer.text()}`);
process.exit(answer.status === 204 ? 0 : 1);
