// The hash of a string that is counted, as ../../../model/unique-hash.ts has it: part of the storage format.

export function uniqueHash(at: usize, end: usize): f64 {
  return <f64>murmur3(at, end, 0x9747b28c) * 2097152.0 + <f64>(murmur3(at, end, 0x1b873593) >> 11);
}

function murmur3(at: usize, end: usize, seed: u32): u32 {
  let hash = seed;
  let i = at;
  for (; i + 4 <= end; i += 4) hash = rotl<u32>(hash ^ mixed(load<u32>(i)), 13) * 5 + 0xe6546b64;
  const bits = (<u32>(end - i)) << 3;
  const one: u32 = 1;
  if (i < end) hash ^= mixed(load<u32>(i) & ((one << bits) - 1));
  hash ^= <u32>(end - at);
  hash = (hash ^ (hash >> 16)) * 0x85ebca6b;
  hash = (hash ^ (hash >> 13)) * 0xc2b2ae35;
  return hash ^ (hash >> 16);
}

function mixed(block: u32): u32 {
  return rotl<u32>(block * 0xcc9e2d51, 15) * 0x1b873593;
}
