import { describe, expect, it } from '@jest/globals';
import { StoreUnavailableError } from '../window-store.js';
import { Groups } from './groups.js';

/** Groups of numbers whose sending is answered by hand; at most three go together. */
function groupsByHand() {
  const sent: { group: readonly number[]; answer: () => void; fail: (error: Error) => void }[] = [];
  const groups = new Groups<number, string>(
    (group) =>
      new Promise((resolve, reject) => {
        sent.push({ group, answer: () => resolve(group.map(String)), fail: reject });
      }),
    (waiting) => Math.min(3, waiting.length),
  );
  return { groups, sent };
}

/** After all that is ready to run has run. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('groups', () => {
  it('take along what is added in the same step, and what comes while one is on its way goes in the next', async () => {
    const { groups, sent } = groupsByHand();
    const answers = [groups.add(1), groups.add(2)];
    await settled();
    answers.push(...[3, 4, 5, 6].map((item) => groups.add(item)));
    await settled();
    expect(sent.map(({ group }) => group)).toEqual([[1, 2]]);
    sent[0]!.answer();
    await settled();
    sent[1]!.answer();
    await settled();
    sent[2]!.answer();
    expect(await Promise.all(answers)).toEqual(['1', '2', '3', '4', '5', '6']);
    expect(sent.map(({ group }) => group)).toEqual([[1, 2], [3, 4, 5], [6]]);
    void groups.add(7);
    await settled();
    expect(sent[3]!.group).toEqual([7]);
  });

  it('that fail since the store is away take those with them that wait; other errors do not', async () => {
    const { groups, sent } = groupsByHand();
    const outcomeOf = (item: number) => groups.add(item).catch((error: Error) => error.message);
    const first = outcomeOf(1);
    await settled();
    const behind = outcomeOf(2);
    sent[0]!.fail(new StoreUnavailableError('away'));
    expect([await first, await behind]).toEqual(['away', 'away']);
    const second = outcomeOf(3);
    await settled();
    const next = outcomeOf(4);
    sent[1]!.fail(new Error('broken'));
    await settled();
    sent[2]!.answer();
    expect([await second, await next]).toEqual(['broken', '4']);
  });

  it('that fail for something about one of them are sent again one by one', async () => {
    const sent: (readonly number[])[] = [];
    const groups = new Groups<number, string>(
      (group) => {
        sent.push(group);
        return group.includes(2) ? Promise.reject(new Error('broken')) : Promise.resolve(group.map(String));
      },
      (waiting) => waiting.length,
    );
    const answers = await Promise.allSettled([1, 2, 3].map((item) => groups.add(item)));
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(sent).toEqual([[1, 2, 3], [1], [2], [3]]);
  });
});
