import type { Kind } from '../model/kind.js';
import type { FrameRejection, MeasurementRejection } from './rejections.js';

/** What a drain's URL says about how its lines are read. */
export interface ParseOptions {
  /** Length of the windows in seconds; divides 3600. */
  resolutionSeconds: number;
  /** Stands before every name, with a dot; '' for none. */
  prefix: string;
  /** Stands before every source, with a dot, and alone where a line has no source; '' for none. */
  sourcePrefix: string;
  /** Where a router line's source comes from: its `source` (none), its `dyno` or its `host`. */
  routerSource: 'none' | 'dyno' | 'host';
  /** Whether the platform's own lines are counted: a router's by status, errors by code, messages lost. */
  platform: boolean;
}

/** How a body is cut into messages: by RFC 6587 §3.4.1 octet counts, or by whichever its first bytes show. */
export type Framing = 'octet-counted' | 'detect';

/** One window's share of a body. */
export interface ParsedWindow {
  /** Start of the window, s since the epoch. */
  startSeconds: number;
  /** The window's buckets, encoded as a batch. */
  bytes: Uint8Array;
  /** How many measurements are in it. */
  measurements: number;
}

/** Something that was not read, and where. */
export interface Rejection {
  /** Byte offset in the body. */
  offset: number;
  /** Why: one of the closed lists of rejections.ts. */
  reason: FrameRejection | MeasurementRejection;
}

/** What a body contained. */
export interface ParsedDrain {
  /** Ascending by start. */
  windows: ParsedWindow[];
  /** Messages read: good frames, or lines that are not empty. */
  messages: number;
  /** Measurements accepted, the sum over {@link measurementsByKind} and over {@link windows}. */
  measurements: number;
  measurementsByKind: Readonly<Record<Kind, number>>;
  rejectedFrames: Readonly<Record<FrameRejection, number>>;
  rejectedMeasurements: Readonly<Record<MeasurementRejection, number>>;
  /** The first {@link MAX_LISTED_REJECTIONS} that were found. */
  rejected: Rejection[];
  /** The first of each reason. */
  firstRejections: Rejection[];
  /** How many messages senders say they lost: Logplex's L10, log-shuttle's L12 and L13. */
  lossNotices: { L10: number; L12: number; L13: number };
  /** Set exactly if nothing of the body could be read though there is more in it than blanks. */
  unreadable: Rejection | undefined;
}

/** So many rejections are listed one by one; the rest is only counted. */
export const MAX_LISTED_REJECTIONS = 20;
