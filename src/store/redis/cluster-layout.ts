import type { Cluster, Redis } from 'ioredis';
import { RedisUnavailableError } from './errors.js';

const SLOTS = 16_384;

/** CRC16 as XMODEM has it, without the bits beyond. */
const POLYNOMIAL = 0x1021;

/** The slot of a key, as the Cluster's specification says: from what stands in its first braces. */
export function slotOf(key: string): number {
  const tag = /^[^{]*\{([^}]+)\}/.exec(key)?.[1] ?? key;
  let crc = 0;
  for (const byte of Buffer.from(tag)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? POLYNOMIAL : 0)) & 0xffff;
  }
  return crc % SLOTS;
}

/**
 * The connection to the node that has a key, as far as is known.
 *
 * @throws RedisUnavailableError if none has; the layout is read anew then
 */
export function masterOf(cluster: Cluster, key: string): Redis {
  const address = cluster.slots[slotOf(key)]?.[0];
  const master = cluster.nodes('master').find(({ options: { host, port } }) => `${host}:${port}` === address);
  if (master) return master;
  cluster.refreshSlotsCache();
  throw new RedisUnavailableError('clusterdown');
}
