import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A script as Redis gets it. */
export interface Script {
  readonly name: string;
  readonly text: string;
  /** By which Redis knows it once it has run. */
  readonly sha: string;
}

/** Only these five change anything in Redis. What each is given and returns stands at its head, in scripts/. */
export const SCRIPTS = {
  commit: load('commit'),
  claim: load('claim'),
  renew: load('renew'),
  settle: load('settle'),
  purge: load('purge'),
};

/** The name of one of the scripts. */
export type ScriptName = keyof typeof SCRIPTS;

function load(name: string): Script {
  const text = source('prelude') + source(name);
  return { name, text, sha: createHash('sha1').update(text).digest('hex') };
}

function source(name: string): string {
  return readFileSync(new URL(`./scripts/${name}.lua`, import.meta.url), 'utf8');
}
