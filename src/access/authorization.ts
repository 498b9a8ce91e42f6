/**
 * What an Authorization header may carry as a secret: the Basic user name and password (RFC 7617), or the Bearer token
 * (RFC 6750). Schemes in any letter case, base64 in both alphabets, padded or not.
 *
 * @returns candidates in the order to try, or undefined if the header cannot be read
 */
export function secretsInAuthorization(header: string): string[] | undefined {
  const space = header.indexOf(' ');
  if (space < 1) return undefined;
  const scheme = header.slice(0, space).toLowerCase();
  const rest = header.slice(space + 1).trim();
  if (rest === '') return undefined;
  if (scheme === 'bearer') return [rest];
  if (scheme !== 'basic' || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(rest)) return undefined;
  const userInfo = Buffer.from(rest, 'base64').toString('utf8');
  const colon = userInfo.indexOf(':');
  const parts = colon < 0 ? [userInfo] : [userInfo.slice(0, colon), userInfo.slice(colon + 1)];
  const candidates = parts.filter((part) => part !== '');
  return candidates.length > 0 ? candidates : undefined;
}
