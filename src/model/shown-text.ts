/**
 * Text from a log line, made harmless for whoever reads it on a terminal: without controls (ESC starts sequences that
 * rewrite it, a line feed forges a line), without format characters (bidi overrides show a name as another) and without
 * line separators; cut where it is longer than `lengthMax`, never within a character: half of one is no Unicode, and Redis
 * refuses a script whose JSON holds one.
 */
export function shownText(text: string, lengthMax: number): string {
  const plain = text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '');
  if (plain.length <= lengthMax) return plain;
  return `${plain.slice(0, lengthMax - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
