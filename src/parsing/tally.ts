import { MAX_LISTED_REJECTIONS, type Rejection } from './parsed-drain.js';
import {
  FRAME_REJECTIONS,
  type FrameRejection,
  MEASUREMENT_REJECTIONS,
  type MeasurementRejection,
} from './rejections.js';

const NO_FRAMES = zeros(FRAME_REJECTIONS);
const NO_MEASUREMENTS = zeros(MEASUREMENT_REJECTIONS);

/** What was not read of one body: a count by reason and the first few by name. */
export class Tally {
  frames = { ...NO_FRAMES };
  measurements = { ...NO_MEASUREMENTS };
  listed: Rejection[] = [];
  /** The first of each reason, listed or not. */
  firsts: Rejection[] = [];

  /** Forgets everything. The former counts and list belong to whoever took them. */
  begin(): void {
    this.frames = { ...NO_FRAMES };
    this.measurements = { ...NO_MEASUREMENTS };
    this.listed = [];
    this.firsts = [];
  }

  /** Counts a lost frame. @param offset of its count, in the body */
  frame(offset: number, reason: FrameRejection): void {
    this.list(offset, reason, ++this.frames[reason]);
  }

  /** Counts a lost metric. @param offset of its key, in the body */
  measurement(offset: number, reason: MeasurementRejection): void {
    this.list(offset, reason, ++this.measurements[reason]);
  }

  private list(offset: number, reason: FrameRejection | MeasurementRejection, count: number): void {
    if (count === 1) this.firsts.push({ offset, reason });
    if (this.listed.length < MAX_LISTED_REJECTIONS) this.listed.push({ offset, reason });
  }
}

function zeros<R extends string>(reasons: readonly R[]): Record<R, number> {
  return Object.fromEntries(reasons.map((reason) => [reason, 0])) as Record<R, number>;
}
