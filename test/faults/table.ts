import type { Result } from './perform.js';
import type { Scenario } from './scenario.js';

/** A run in one line, for eyes. */
export function terminalLine(result: Result): string {
  const { scenario, resolutionSeconds, secondValue, acknowledged, delivered, lost, twice, repeats } = result;
  const verdict = result.problems.length === 0 ? 'ok    ' : 'FAILED';
  const counts = `acknowledged ${acknowledged}, delivered ${delivered}, lost ${lost}, twice ${twice}${secondValue === 'adds' ? ` (${repeats} POSTs)` : ''}`;
  const condition = `${secondValue} at ${resolutionSeconds} s`;
  return `${verdict} ${scenario.name.padEnd(22)} ${condition.padEnd(16)} ${counts}, recovered in ${seconds(result.recoveredMs)}`;
}

/** A row a fault, all of its runs together: numbers are of requests, times the longest. */
export function markdownTable(scenarios: readonly Scenario[], results: readonly Result[]): string {
  const rows = scenarios.flatMap((scenario) => {
    const of = results.filter((result) => result.scenario === scenario);
    if (of.length === 0) return [];
    const adding = of.filter(({ secondValue }) => secondValue === 'adds');
    const replacing = of.filter(({ secondValue }) => secondValue === 'replaces');
    // Time that is moved says nothing of how long something takes.
    const times = of.filter(({ resolutionSeconds }) => resolutionSeconds === 1).map(({ recoveredMs }) => recoveredMs);
    const cells = [
      scenario.fault,
      sum(of, 'acknowledged'),
      sum(of, 'delivered'),
      sum(of, 'lost'),
      replacing.length === 0 ? '–' : sum(replacing, 'twice'),
      adding.length === 0 ? '–' : `${sum(adding, 'twice')} (${sum(adding, 'repeats')})`,
      times.length === 0 ? '–' : seconds(Math.max(...times)),
    ];
    return [`| ${cells.join(' | ')} |`];
  });
  return [
    '| fault, under traffic | acknowledged | delivered | lost | twice, replacing | twice, adding (POSTs) | time to recover |',
    '| --- | --: | --: | --: | --: | --: | --: |',
    ...rows,
    '',
  ].join('\n');
}

function sum(results: readonly Result[], of: 'acknowledged' | 'delivered' | 'lost' | 'twice' | 'repeats'): number {
  return results.reduce((total, result) => total + result[of], 0);
}

function seconds(ms: number): string {
  return Number.isNaN(ms) ? '–' : `${(ms / 1000).toFixed(1)} s`;
}
