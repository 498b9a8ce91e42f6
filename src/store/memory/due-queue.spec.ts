import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DueQueue } from './due-queue.js';

describe('DueQueue', () => {
  it('lists what is due, earliest first, as sorting would, after any changes', () => {
    const change = fc.tuple(
      fc.constantFrom('set', 'lower', 'delete'),
      fc.integer({ min: 0, max: 30 }),
      fc.integer({ min: 0, max: 100 }),
    );
    fc.assert(
      fc.property(fc.array(change, { maxLength: 200 }), fc.nat(100), fc.nat(40), (changes, nowMs, limit) => {
        const queue = new DueQueue();
        const plain = new Map<string, number>();
        for (const [what, n, at] of changes) {
          const name = `tenant ${n}`;
          if (what === 'delete') {
            queue.delete(name);
            plain.delete(name);
          } else if (what === 'set') {
            queue.set(name, at);
            plain.set(name, at);
          } else {
            queue.lower(name, at);
            plain.set(name, Math.min(at, plain.get(name) ?? Infinity));
          }
        }
        const due = [...plain.values()].filter((at) => at <= nowMs).sort((a, b) => a - b);
        for (let twice = 0; twice < 2; twice++) {
          const listed = queue.due(nowMs, limit);
          expect(new Set(listed).size).toBe(listed.length);
          expect(listed.map((name) => plain.get(name))).toEqual(due.slice(0, limit));
        }
        expect(queue.size).toBe(plain.size);
        for (const [name, at] of plain) expect(queue.at(name)).toBe(at);
      }),
    );
  });

  it('lists a few of 100,000 names without looking at the others', () => {
    const queue = new DueQueue();
    for (let i = 0; i < 100_000; i++) queue.set(`tenant ${i}`, (i * 7919) % 100_000);
    const started = performance.now();
    for (let i = 0; i < 1_000; i++) queue.due(1_000_000, 10);
    // Sorting or scanning them all would take some 10 s.
    expect(performance.now() - started).toBeLessThan(1_500);
  });
});
