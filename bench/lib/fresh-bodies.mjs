import { gzipSync } from 'node:zlib';

/** `2026-03-04T10:00:00`: what comes after it, a fraction or the zone, stays. */
const TIME_BYTES = 19;

/** Bodies of octet-counted frames whose lines can be given the time that it is: a store drops those of other days. */
export class FreshBodies {
  /** @param plain written to by {@link freshen} */
  constructor(plain) {
    this.plain = plain;
    this.times = plain.map(timesOf);
    /** Lines in all of them. */
    this.lines = this.times.reduce((sum, times) => sum + times.length, 0);
  }

  /**
   * Gives every line the time that it is.
   *
   * @param encoding `gzip` or `identity`
   * @returns the bodies, to be sent before this is called again
   */
  freshen(encoding = 'identity') {
    const now = new Date().toISOString().slice(0, TIME_BYTES);
    this.plain.forEach((body, i) => {
      for (const at of this.times[i]) body.write(now, at, 'latin1');
    });
    return encoding === 'gzip' ? this.plain.map((body) => gzipSync(body)) : this.plain;
  }
}

/** Where the times in the heads of a body's messages begin. */
function timesOf(body) {
  const times = [];
  for (let at = 0; at < body.length;) {
    const space = body.indexOf(' ', at);
    const end = space + 1 + Number(body.toString('latin1', at, space));
    const time = body.indexOf('>1 ', space) + 3;
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(body.toString('latin1', time, time + TIME_BYTES)) || !(end > time)) {
      throw new Error(`no time where one should be: ${body.toString('utf8', at, at + 80)}`);
    }
    times.push(time);
    at = end;
  }
  return times;
}
