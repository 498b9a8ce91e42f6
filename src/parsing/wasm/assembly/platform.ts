// Names of metrics that are made of the platform's own lines, as ../../logfmt/platform-names.ts has them.

import { intern, NAMES } from './interner';
import { isDigit } from './scan';

/** A name: its number, and how long it is. */
const CONNECT = memory.data<u8>([0x72, 0x6f, 0x75, 0x74, 0x65, 0x72, 0x2e, 0x63, 0x6f, 0x6e, 0x6e, 0x65, 0x63, 0x74]); // router.connect
const SERVICE = memory.data<u8>([0x72, 0x6f, 0x75, 0x74, 0x65, 0x72, 0x2e, 0x73, 0x65, 0x72, 0x76, 0x69, 0x63, 0x65]); // router.service
const BYTES = memory.data<u8>([0x72, 0x6f, 0x75, 0x74, 0x65, 0x72, 0x2e, 0x62, 0x79, 0x74, 0x65, 0x73]); // router.bytes

export const CONNECT_BYTES: usize = 14;
export const SERVICE_BYTES: usize = 14;
export const BYTES_BYTES: usize = 12;

/** `router.status.2xx`, whose digit is put in place. */
const STATUS = memory.data<u8>([
  0x72, 0x6f, 0x75, 0x74, 0x65, 0x72, 0x2e, 0x73, 0x74, 0x61, 0x74, 0x75, 0x73, 0x2e, 0x32, 0x78, 0x78,
]);
export const STATUS_BYTES: usize = 17;
const STATUS_DIGIT: usize = 14;

/** `heroku.errors.`, and room for a code behind it. */
const ERROR = memory.data<u8>([
  0x68, 0x65, 0x72, 0x6f, 0x6b, 0x75, 0x2e, 0x65, 0x72, 0x72, 0x6f, 0x72, 0x73, 0x2e, 0, 0, 0, 0,
]);
export const ERROR_BYTES: usize = 14;
const CODE_BYTES_MAX: usize = 4;

/** `logplex.l10`, whose last digit is put in place. */
const LOST = memory.data<u8>([0x6c, 0x6f, 0x67, 0x70, 0x6c, 0x65, 0x78, 0x2e, 0x6c, 0x31, 0x30]);
export const LOST_BYTES: usize = 11;

export let connect: i32 = 0;
export let service: i32 = 0;
export let bytes: i32 = 0;

/** Before each body, and after the interners'. */
export function beginNames(): void {
  connect = intern(NAMES, CONNECT, CONNECT + CONNECT_BYTES);
  service = intern(NAMES, SERVICE, SERVICE + SERVICE_BYTES);
  bytes = intern(NAMES, BYTES, BYTES + BYTES_BYTES);
}

/** The name for a status; 0 if bytes[at..end) is none from 200 to 599. */
export function statusName(at: usize, end: usize): i32 {
  const first = load<u8>(at);
  if (end - at != 3 || first < 0x32 || first > 0x35 || !isDigit(load<u8>(at + 1)) || !isDigit(load<u8>(at + 2)))
    return 0;
  store<u8>(STATUS + STATUS_DIGIT, first);
  return intern(NAMES, STATUS, STATUS + STATUS_BYTES);
}

/** The name for an error code of Heroku's; 0 if bytes[at..end) is none. */
export function errorName(at: usize, end: usize): i32 {
  const first = load<u8>(at);
  if (end - at < 2 || end - at > CODE_BYTES_MAX) return 0;
  if (first != 0x48 && first != 0x4c && first != 0x52) return 0;
  for (let i = at + 1; i < end; i++) if (!isDigit(load<u8>(i))) return 0;
  memory.copy(ERROR + ERROR_BYTES, at, end - at);
  return intern(NAMES, ERROR, ERROR + ERROR_BYTES + (end - at));
}

/** The name for messages lost. @param code 0: L10, 1: L12, 2: L13 */
export function lostName(code: i32): i32 {
  store<u8>(LOST + LOST_BYTES - 1, code == 0 ? 0x30 : code == 1 ? 0x32 : 0x33);
  return intern(NAMES, LOST, LOST + LOST_BYTES);
}
