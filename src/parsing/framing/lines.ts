const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Reads a body as lines, each ended by LF, CR LF or the body's end. Empty ones are passed over. */
export class Lines {
  /** The line last read is bytes[start..end), without its line break. */
  start = 0;
  end = 0;
  private bytes: Buffer = Buffer.allocUnsafeSlow(0);
  private limit = 0;
  private at = 0;

  /** @param body where it was loaded */
  begin(body: Buffer, from: number): void {
    this.bytes = body;
    this.at = from;
    this.limit = body.length;
  }

  /** Reads the next line. @returns whether there was one */
  next(): boolean {
    const { bytes, limit } = this;
    let start = this.at;
    while (start < limit && (bytes[start] === LINE_FEED || bytes[start] === CARRIAGE_RETURN)) start++;
    if (start >= limit) return false;
    const found = bytes.indexOf(LINE_FEED, start);
    const lineFeed = found < 0 ? limit : found;
    this.at = lineFeed + 1;
    this.start = start;
    this.end = bytes[lineFeed - 1] === CARRIAGE_RETURN ? lineFeed - 1 : lineFeed;
    return true;
  }
}
