/**
 * Why a frame was not read. `count`: its octet count cannot be read, or leads to no frame boundary. `truncated`: it goes
 * past the end of the body. `header`: the message does not begin with `<pri>1 `. The same closed list is kept as
 * `frames_rejected` among l2met's own counters.
 */
export const FRAME_REJECTIONS = ['count', 'truncated', 'header'] as const;

/** A reason of {@link FRAME_REJECTIONS}. */
export type FrameRejection = (typeof FRAME_REJECTIONS)[number];

/**
 * Why one metric of a line was not taken; the rest of its line still counts. The same closed list is kept as
 * `measurements_rejected` among l2met's own counters.
 */
export const MEASUREMENT_REJECTIONS = [
  'name-empty',
  'name-too-long',
  'source-too-long',
  'value-malformed',
  'value-range',
  'unit-malformed',
] as const;

/** A reason of {@link MEASUREMENT_REJECTIONS}. */
export type MeasurementRejection = (typeof MEASUREMENT_REJECTIONS)[number];
