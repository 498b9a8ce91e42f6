import { readFileSync, writeFileSync } from 'node:fs';

const OPERATIONS = new URL('../../docs/operations.md', import.meta.url);

/** Puts a table into docs/operations.md, instead of the last one: between `<!-- name: begin -->` and `<!-- name: end -->`. */
export function documentTable(name: 'faults' | 'soak' | 'memory' | 'cluster', table: string): void {
  const text = readFileSync(OPERATIONS, 'utf8');
  const [begin, end] = [`<!-- ${name}: begin -->\n`, `<!-- ${name}: end -->\n`];
  const [before, rest] = text.split(begin) as [string, string];
  writeFileSync(OPERATIONS, `${before}${begin}${table}${end}${rest.slice(rest.indexOf(end) + end.length)}`);
}
