import { renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** What is added to Redis' clock, for all processes alike: so a window of a minute is over in seconds. */
export class MovedClock {
  readonly file: string;
  private offsetMs = 0;

  constructor(folder: string) {
    this.file = path.join(folder, 'clock-offset');
    this.move(0);
  }

  /** What Redis' clock says, with the offset, ms since the epoch. */
  now(): number {
    return Date.now() + this.offsetMs;
  }

  move(ms: number): void {
    this.offsetMs += ms;
    writeFileSync(`${this.file}.new`, String(this.offsetMs));
    renameSync(`${this.file}.new`, this.file);
  }
}
