import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { WindowPolicy } from '../../model/window.js';
import type { Expiries } from './keys.js';

/** A script as Redis gets it. */
export interface Script {
  readonly name: string;
  readonly text: string;
  /** By which Redis knows it once it has run. */
  readonly sha: string;
}

/** The names of the scripts: only these change anything in Redis. What each is given and returns stands at its head, in scripts/. */
export const SCRIPT_NAMES = ['commit', 'claim', 'renew', 'settle', 'purge'] as const;

/** The name of one of the scripts. */
export type ScriptName = (typeof SCRIPT_NAMES)[number];

/** The scripts by name. */
export type Scripts = Readonly<Record<ScriptName, Script>>;

/** What all scripts know as `settings`, numbers all of them. */
export interface ScriptSettings extends WindowPolicy, Expiries {
  /** Caps on what waits, in a window and of a tenant, and the overhead of a batch that counts with it. */
  readonly windowBytesMax: number;
  readonly tenantBytesMax: number;
  readonly batchOverheadBytes: number;
  /** After so long, facts are counted anew. */
  readonly countsMs: number;
  /**
   * How long summaries are kept, how often they are looked through, how much is kept of a tenant, and the overhead of one that counts
   * with it; 0: none are kept.
   */
  readonly recentMs: number;
  readonly recentLookMs: number;
  readonly recentBytesMax: number;
  readonly summaryOverheadBytes: number;
}

/** The scripts of a store with these settings. Stores with others have scripts of their own: Redis knows each by its text. */
export function scriptsWith(settings: ScriptSettings): Scripts {
  const head = `local settings = { ${Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}`)
    .join(', ')} }\n${source('prelude')}`;
  const scripts = SCRIPT_NAMES.map((name): [ScriptName, Script] => {
    const text = head + source(name);
    return [name, { name, text, sha: createHash('sha1').update(text).digest('hex') }];
  });
  return Object.fromEntries(scripts) as Scripts;
}

function source(name: string): string {
  return readFileSync(new URL(`./scripts/${name}.lua`, import.meta.url), 'utf8');
}
