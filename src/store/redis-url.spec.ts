import { describe, expect, it } from '@jest/globals';
import { parseRedisUrl } from './redis-url.js';

const plain = {
  kind: 'standalone',
  tls: false,
  master: '',
  db: 0,
  username: undefined,
  password: undefined,
  sentinelUsername: undefined,
  sentinelPassword: undefined,
};

describe('REDIS_URL', () => {
  it.each<[string, object]>([
    ['redis://localhost', { hosts: [{ host: 'localhost', port: 6379 }] }],
    ['redis://10.0.0.1:7000/3', { hosts: [{ host: '10.0.0.1', port: 7000 }], db: 3 }],
    ['redis://h/', { hosts: [{ host: 'h', port: 6379 }] }],
    ['redis://[::1]:7000', { hosts: [{ host: '::1', port: 7000 }] }],
    ['rediss://:p%40ss@h:1', { hosts: [{ host: 'h', port: 1 }], tls: true, password: 'p@ss' }],
    ['redis://user:a:b@c@h', { hosts: [{ host: 'h', port: 6379 }], username: 'user', password: 'a:b@c' }],
    [
      'redis+sentinel://u:p@s1,s2:7000/main/2',
      {
        kind: 'sentinel',
        hosts: [
          { host: 's1', port: 26379 },
          { host: 's2', port: 7000 },
        ],
        master: 'main',
        db: 2,
        username: 'u',
        password: 'p',
      },
    ],
    [
      'rediss+sentinel://s1/main?sentinel-username=su&sentinel-password=s%26p',
      {
        kind: 'sentinel',
        tls: true,
        hosts: [{ host: 's1', port: 26379 }],
        master: 'main',
        sentinelUsername: 'su',
        sentinelPassword: 's&p',
      },
    ],
    [
      'rediss+cluster://:p@h1:7000,h2',
      {
        kind: 'cluster',
        tls: true,
        hosts: [
          { host: 'h1', port: 7000 },
          { host: 'h2', port: 6379 },
        ],
        password: 'p',
      },
    ],
  ])('%s is understood', (text, target) => {
    expect(parseRedisUrl(text)).toEqual({ ...plain, ...target });
  });

  it.each([
    '',
    'localhost:6379',
    'http://localhost',
    'redis://',
    'redis://:secret@',
    'redis://h1,h2',
    'redis://h:0',
    'redis://h:65536',
    'redis://h:port',
    'redis://h/x',
    'redis://h/1/2',
    'redis://h?sentinel-password=x',
    'redis://:%zz@h',
    'redis+sentinel://h',
    'redis+sentinel://h/',
    'redis+sentinel://h/main?password=x',
    'redis+cluster://h1,,h2',
    'redis+cluster://h1/1',
    'redis+unix://h',
  ])('%j is not', (text) => {
    expect(parseRedisUrl(text)).toBeUndefined();
  });
});
