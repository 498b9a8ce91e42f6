import { readFileSync } from 'node:fs';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** This release, as in package.json. */
export const VERSION = version;

/** How l2met calls itself over HTTP. */
export const USER_AGENT = `l2met/${VERSION}`;
