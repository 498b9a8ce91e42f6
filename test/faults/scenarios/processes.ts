import { setTimeout as delay } from 'node:timers/promises';
import { DrainTokens } from '../../../src/crypto/drain-token.js';
import { generateKey, KeyRing } from '../../../src/crypto/key-ring.js';
import { until } from '../../redis/servers.js';
import type { Member } from '../fleet.js';
import type { Scenario } from '../scenario.js';
import { LEASE_MS, type World } from '../world.js';

/** Kills one of some, at a random moment, and starts it again; so many times. */
async function killOverAndOver(world: World, times: number, choose: () => readonly Member[]): Promise<void> {
  // So that there often is a POST in flight.
  world.destination.treat = () => ({ do: 'take', afterMs: 150 * world.random() });
  for (let i = 0; i < times; i++) {
    await world.moment(50, 800);
    world.broken();
    const members = choose();
    await Promise.all(members.map((member) => member.kill()));
    await Promise.all(members.map((member) => member.start()));
    world.healed();
  }
}

export const processScenarios: readonly Scenario[] = [
  {
    name: 'kill-receiver',
    fault: 'kill -9 of a receiver, 20 times at random moments',
    run: (world, full) => killOverAndOver(world, full ? 20 : 5, () => [world.one(world.receivers)]),
  },
  {
    name: 'kill-outlet',
    fault: 'kill -9 of an outlet, 20 times at random moments',
    short: true,
    run: (world, full) => killOverAndOver(world, full ? 20 : 5, () => [world.one(world.outlets)]),
  },
  {
    name: 'kill-both',
    fault: 'kill -9 of a receiver and an outlet at once, 20 times at random moments',
    short: true,
    run: (world, full) =>
      killOverAndOver(world, full ? 20 : 5, () => [world.one(world.receivers), world.one(world.outlets)]),
  },
  {
    name: 'kill-after-answer',
    fault: 'kill -9 of the outlet when the destination has taken a POST, by turns before and after it has answered',
    short: true,
    setup: { outlets: 1 },
    async run(world, full) {
      const outlet = world.outlets[0]!;
      for (let i = 0; i < (full ? 6 : 2); i++) {
        const when = i % 2 === 0 ? 'after' : 'before';
        const kills = outlet.faults;
        world.destination.treat = () => {
          world.destination.treat = () => ({ do: 'take' });
          return { do: 'take-and', when, then: () => outlet.killNow() };
        };
        await until(() => outlet.faults > kills, 60_000);
        world.broken();
        await outlet.start();
        world.healed();
        await world.recovered();
      }
    },
  },
  {
    name: 'kill-everything',
    fault: 'kill -9 of all receivers, all outlets and Redis (appendfsync always) at once, all started again',
    short: true,
    setup: { redis: { kind: 'standalone', aof: 'always' } },
    async run(world, full) {
      for (let i = 0; i < (full ? 5 : 2); i++) {
        await world.moment(500, 2_000);
        world.broken();
        world.storeAway();
        await Promise.all([...world.members, world.redis.first].map((one) => one.kill()));
        await world.redis.first.restart();
        await Promise.all(world.members.map((member) => member.start()));
        world.healed();
        await world.recovered();
      }
    },
  },
  {
    name: 'outlet-away',
    fault: 'one outlet of two away for 90 s',
    async run(world, full) {
      const outlet = world.outlets[0]!;
      await outlet.stop();
      world.broken();
      await delay(full ? 90_000 : 5_000);
      await outlet.start();
      world.healed();
    },
  },
  {
    name: 'all-outlets-away',
    fault: 'all outlets away for 30 s, past the grace, then back',
    short: true,
    async run(world, full) {
      world.broken();
      await Promise.all(world.outlets.map((outlet) => outlet.stop()));
      await delay(full ? 30_000 : 5_000);
      await Promise.all(world.outlets.map((outlet) => outlet.start()));
      world.healed();
    },
  },
  {
    name: 'outlet-stopped',
    fault:
      'an outlet stopped (SIGSTOP) with a POST under way for longer than its lease, while another delivers, then woken',
    short: true,
    // A gauge a POST: so that there are some left to be sent when it wakes up.
    setup: { gaugeWeight: 300 },
    async run(world, full) {
      const [outlet, other] = world.outlets as [Member, Member];
      for (let i = 0; i < (full ? 3 : 1); i++) {
        // Whatever is under way is of the one that is to be stopped.
        await other.stop();
        await until(() => world.destination.openPosts === 0);
        world.destination.treat = () => ({ do: 'take', afterMs: 200 });
        // In the middle of its deliveries.
        const { taken } = world.destination;
        await until(() => world.destination.taken >= taken + 20 && world.destination.openPosts > 0, 60_000);
        outlet.freeze();
        world.broken();
        await Promise.all([other.start(), delay(LEASE_MS + 2_000)]);
        world.destination.treat = () => ({ do: 'take' });
        outlet.resume();
        world.healed();
        await world.recovered();
      }
    },
  },
  {
    name: 'more-outlets',
    fault: 'two, then eight outlets on the same windows',
    setup: { outlets: 8 },
    async run(world, full) {
      const more = world.outlets.slice(2);
      await Promise.all(more.map((outlet) => outlet.stop()));
      await delay(full ? 5_000 : 2_000);
      world.broken();
      await Promise.all(more.map((outlet) => outlet.start()));
      world.healed();
      await world.recovered();
      await delay(full ? 10_000 : 3_000);
    },
  },
  {
    name: 'rotate-keys',
    fault: 'the key rotated in three steps, process by process',
    short: true,
    async run(world, full) {
      const [oldKey, newKey] = [world.secret, generateKey()];
      world.broken();
      // The new key last everywhere; then first; then tokens of it are handed out.
      for (const secrets of [`${oldKey}:${newKey}`, `${newKey}:${oldKey}`]) {
        for (const member of world.members) {
          await member.stop();
          await member.start({ SECRETS: secrets });
        }
      }
      const tokens = new DrainTokens(KeyRing.parse(newKey));
      for (const tenant of world.tenants) tenant.token = tokens.issue(`${tenant.user}:token`);
      await delay(full ? 5_000 : 1_000);
      // No drain carries a token of the old one any more, and what came with one is delivered.
      await until(async () => !(await world.hasOldTokens()), 60_000);
      for (const member of world.members) {
        await member.stop();
        await member.start({ SECRETS: newKey });
      }
      world.healed();
    },
  },
  {
    name: 'clocks-off',
    fault: 'receivers whose clocks are 10 minutes off, one ahead and one behind',
    short: true,
    setup: {
      envOf: (role, index) =>
        role === 'receiver' ? { FAULTS_OFF_MS: String(index % 2 === 0 ? 600_000 : -600_000) } : {},
    },
    async run(_world, full) {
      await delay(full ? 15_000 : 5_000);
    },
  },
  {
    name: 'repeats',
    fault: 'a sender that sends each frame three times at once, through different receivers',
    short: true,
    setup: { receivers: 3, copies: 3, requestsPerSecond: 20 },
    async run(_world, full) {
      await delay(full ? 15_000 : 5_000);
    },
  },
];
