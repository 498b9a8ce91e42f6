/** What a drain URL, or a bare token, holds. It stays in the memory of the tab. */
export interface Drain {
  readonly token: string;
  /** Of the service that the URL names; undefined for a bare token. */
  readonly host: string | undefined;
  /** The drain's options, with the `?`; or ''. */
  readonly query: string;
}

/** Understands what was pasted; a string is a sentence on what is wrong with it. */
export function parseDrain(pasted: string): Drain | string {
  const text = pasted.trim().replace(/^['"<]|['">]$/g, '');
  if (text === '') return 'Paste a drain URL, as in https://TOKEN@host/logs.';
  if (/^[\w-]{20,}={0,2}$/.test(text)) return { token: text, host: undefined, query: '' };
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text))
    return 'This is no drain URL: one looks like https://TOKEN@host/logs.';
  const { username, password, host, search } = new URL(text);
  const token = decoded(username || password);
  if (token === '')
    return 'This URL has no token in it: the token stands before the host, as in https://TOKEN@host/logs.';
  return { token, host, query: search };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // No token of ours is written so.
    return '';
  }
}
