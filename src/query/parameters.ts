import { HttpError } from '../access/http-error.js';
import { shownText } from '../model/shown-text.js';

/** The parameters of one request. */
export class Parameters {
  private readonly given: URLSearchParams;

  /**
   * @param query what follows the `?`, as sent
   * @param known names that are understood: of another, or one that is misspelt, nobody would notice that it does nothing
   * @throws HttpError 400
   */
  constructor(query: string, known: readonly string[]) {
    this.given = new URLSearchParams(query);
    for (const [name, value] of this.given) {
      if (!known.includes(name))
        throw badParameter(name, value, `one of ${known.join(', ')}`, 'no parameter of this address');
    }
  }

  /** All values of a parameter that may be repeated. */
  all(name: string): string[] {
    return this.given.getAll(name);
  }

  /** All values of a parameter that may be repeated, and that may hold several with a comma between them. */
  list(name: string): string[] {
    return this.all(name).flatMap((value) => value.split(',').map((part) => part.trim()));
  }

  /** The value of a parameter. @throws HttpError 400 if it is given more than once */
  one(name: string): string | undefined {
    const values = this.all(name);
    if (values.length > 1) throw badParameter(name, values[1]!, 'given once', 'given before');
    return values[0];
  }

  /** A whole number. @throws HttpError 400 */
  whole(name: string, fallback: number, min: number, max: number): number {
    const text = this.one(name);
    if (text === undefined) return fallback;
    if (!/^\d{1,15}$/.test(text) || Number(text) < min || Number(text) > max) {
      throw badParameter(name, text, `a whole number from ${min} to ${max}`);
    }
    return Number(text);
  }
}

/** 400 for a parameter. @param allowed what it must be @param problem what it is, where that is not plain */
export function badParameter(name: string, value: string, allowed: string, problem?: string): HttpError {
  const why = problem === undefined ? '' : ` (${problem})`;
  const shown = `${shownText(name, 60)}=${JSON.stringify(shownText(value, 60))}`;
  return new HttpError('L2MET_QUERY_PARAMETER', `${shown}${why}, but it must be ${allowed}`);
}
