import { BYTES } from '../memory.js';
import { afterStructuredData } from './structured-data.js';
import { afterPriority } from './syslog.js';

const bytes = BYTES;

const SPACE = 0x20;

/**
 * The header of one syslog message (RFC 5424 §6): `<pri>1 TIMESTAMP HOSTNAME APP-NAME PROCID MSGID`, and then what the
 * sender makes of STRUCTURED-DATA. Fields are only found here; the time is read when a line turns out to need it.
 * More than one space between fields counts as one.
 */
export class Header {
  timeAt = 0;
  timeEnd = 0;
  /** Where APP-NAME ends. */
  appNameEnd = 0;
  procIdAt = 0;
  procIdEnd = 0;
  /** Where the text begins: at the message's end if the header is all there is. */
  textAt = 0;

  /**
   * Reads the header of bytes[start..end), or takes it all as text if it does not begin with `<pri>1 `.
   *
   * @param end where a space stands, which ends every field
   */
  read(start: number, end: number): void {
    this.timeAt = this.timeEnd = this.appNameEnd = this.procIdAt = this.procIdEnd = start;
    let i = afterPriority(start);
    if (i < 0 || i > end) {
      this.textAt = afterByteOrderMark(start, end);
      return;
    }
    while (bytes[i] === SPACE && i < end) i++;
    this.timeAt = i;
    while (bytes[i] !== SPACE) i++;
    this.timeEnd = i;
    i = afterField(i, end); // HOSTNAME
    i = afterField(i, end); // APP-NAME
    this.appNameEnd = i;
    while (bytes[i] === SPACE && i < end) i++;
    this.procIdAt = i;
    while (bytes[i] !== SPACE) i++;
    this.procIdEnd = i;
    i = afterField(i, end); // MSGID
    while (bytes[i] === SPACE && i < end) i++;
    this.textAt = afterByteOrderMark(afterStructuredData(i, end), end);
  }
}

/** The end of the field that follows `at`, spaces before it included. */
function afterField(at: number, end: number): number {
  let i = at;
  while (bytes[i] === SPACE && i < end) i++;
  while (bytes[i] !== SPACE) i++;
  return i;
}

/** RFC 5424 §6.4: a MSG in UTF-8 begins with a byte order mark. It would become part of the first key. */
export function afterByteOrderMark(at: number, end: number): number {
  return bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf && at + 3 <= end ? at + 3 : at;
}
