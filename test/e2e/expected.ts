/**
 * What the lines that were sent mean: an independent calculation, with regular expressions and plain arrays, that shares
 * nothing with src/. It knows only the lines that traffic.ts makes.
 *
 * @returns the gauges that a Librato-compatible service should hold after all lines are delivered, by
 * `name|source|start of the window in s`
 */
export function expectedGauges(
  lines: readonly string[],
  resolution: number,
  prefix: string,
): Map<string, Record<string, number>> {
  const values = new Map<string, number[]>();
  const sums = new Map<string, number>();
  const lasts = new Map<string, { time: string; value: number }>();
  for (const line of lines) {
    const match = /^<\d+>1 (\S+) \S+ \S+ (\S+) - (?:- )?(.*)\n$/.exec(line)!;
    const [, time, procid, text] = match as unknown as [string, string, string, string];
    const start = Math.floor(Date.parse(time) / 1000 / resolution) * resolution;
    const source = /(?:^| )source=(\S+)/.exec(text)?.[1] ?? '';
    const key = (name: string): string => `${prefix}${name}|${source}|${start}`;
    if (procid === 'router') {
      for (const [, name, value] of text.replace(/"[^"]*"/g, '').matchAll(/ (connect|service|bytes)=(\d+)/g)) {
        push(values, key(`router.${name}`), Number(value));
      }
    }
    for (const [, kind, name, value] of text.matchAll(
      /(?:^| )(measure[#.]|count#|sample#)([^ =]+)(?:="?([-0-9.]+(?:e-?\d+)?))?/g,
    )) {
      const number = value === undefined ? 1 : Number(value);
      if (kind === 'count#') sums.set(key(name!), (sums.get(key(name!)) ?? 0) + number);
      else if (kind === 'sample#') {
        const held = lasts.get(key(name!));
        if (!held || time > held.time || (time === held.time && number > held.value))
          lasts.set(key(name!), { time, value: number });
      } else push(values, key(name!), number);
    }
  }
  const gauges = new Map<string, Record<string, number>>();
  for (const [key, sum] of sums) gauges.set(key, { value: sum });
  for (const [key, { value }] of lasts) gauges.set(key, { value });
  for (const [key, list] of values) {
    const sorted = list.toSorted((a, b) => a - b);
    const at = (q: number): number => sorted[Math.floor(sorted.length * q)]!;
    const named = (suffix: string): string => key.replace('|', `.${suffix}|`);
    gauges.set(key, {
      count: list.length,
      sum: sorted.reduce((a, b) => a + b, 0),
      min: sorted[0]!,
      max: sorted.at(-1)!,
    });
    gauges.set(named('median'), { value: at(0.5) });
    gauges.set(named('perc95'), { value: at(0.95) });
    gauges.set(named('perc99'), { value: at(0.99) });
  }
  return gauges;
}

function push(lists: Map<string, number[]>, key: string, value: number): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
