/** What stands behind the reasons for which something is not counted, as far as a log's owner can do something about it. */
const REASONS: Readonly<Record<string, string>> = {
  'frame-count': 'the count before a frame does not fit what follows',
  'frame-truncated': 'the request ended within a frame',
  'frame-header': 'a frame has no syslog header that can be read',
  'name-empty': 'no name stands behind the #',
  'name-too-long': 'a name is longer than 255 bytes, its prefix included',
  'source-too-long': 'a source is longer than 255 bytes, its prefix included',
  'value-malformed': 'what stands behind the = is no number: no thousands separator, no space before the unit',
  'value-range': 'a value is beyond 1e126',
  'unit-malformed': 'a unit is letters, % or /, 16 at most',
};

/** A reason, with or without `rejected.` before it, in words. */
export function reasonText(reason: string): string {
  return REASONS[reason.replace(/^rejected\./, '')] ?? reason;
}
