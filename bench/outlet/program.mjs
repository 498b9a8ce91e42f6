// The built program, with a clock that the benchmark moves: what is sent to this process is added to Redis' clock, ms.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const load = (file) => import(pathToFileURL(resolve(process.env.BENCH_DIST, file)).href);

let offsetMs = 0;
process.on('message', (ms) => {
  offsetMs = ms;
  process.send('moved');
});
const { RedisWindowStore } = await load('store/redis/redis-window-store.js');
Object.defineProperty(RedisWindowStore.prototype, 'clockOffsetMs', { get: () => offsetMs });
await load('main.js');
