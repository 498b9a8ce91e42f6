import type { RedisServer } from '../redis/servers.js';

/**
 * Moves slots to the next master, or the one after, key by key as `redis-cli --cluster reshard` does, while they are in use.
 *
 * @param by how many masters further each goes
 */
export async function moveSlots(masters: readonly RedisServer[], slots: readonly number[], by: number): Promise<void> {
  const ids = await Promise.all(
    masters.map((master) => master.ask((redis) => redis.call('CLUSTER', 'MYID')).then(String)),
  );
  for (const slot of slots) {
    const from = await ownerOf(slot, masters);
    const to = (from + by) % masters.length;
    await moveSlot(slot, masters, ids, from, to);
  }
}

async function moveSlot(
  slot: number,
  masters: readonly RedisServer[],
  ids: readonly string[],
  from: number,
  to: number,
): Promise<void> {
  const [source, target] = [masters[from]!, masters[to]!];
  await target.ask((redis) => redis.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', ids[from]!));
  await source.ask((redis) => redis.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', ids[to]!));
  await source.ask(async (redis) => {
    for (;;) {
      const keys = (await redis.call('CLUSTER', 'GETKEYSINSLOT', slot, 10)) as string[];
      if (keys.length === 0) return;
      await redis.call('MIGRATE', '127.0.0.1', target.port, '', 0, 5_000, 'KEYS', ...keys);
    }
  });
  for (const master of [target, source, ...masters.filter((one) => one !== target && one !== source)]) {
    await master.ask((redis) => redis.call('CLUSTER', 'SETSLOT', slot, 'NODE', ids[to]!));
  }
}

/** Which of the masters has a slot. */
export async function ownerOf(slot: number, masters: readonly RedisServer[]): Promise<number> {
  const ranges = (await masters[0]!.ask((redis) => redis.call('CLUSTER', 'SLOTS'))) as [
    number,
    number,
    [string, number, ...unknown[]],
  ][];
  const range = ranges.find(([first, last]) => first <= slot && slot <= last)!;
  return masters.findIndex(({ port }) => port === range[2][1]);
}
