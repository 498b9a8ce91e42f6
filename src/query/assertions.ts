import { ASKED_STATISTICS, type AskedStatistic, statisticNamed } from './statistics.js';

/** What an assertion can be about: a statistic, or how many windows have data. */
export type Subject = AskedStatistic | 'points';

const OPERATORS = ['<=', '>=', '==', '!=', '<', '>', '='] as const;

/** How what is found is held against the bound; `==` is `=`. */
export type Operator = Exclude<(typeof OPERATORS)[number], '=='>;

/** A statement on what was delivered. */
export interface Assertion {
  /** As it was written, without spaces. */
  readonly text: string;
  readonly subject: Subject;
  readonly operator: Operator;
  readonly bound: number;
}

/** Assertions that cannot be read. */
export class AssertionSyntaxError extends Error {
  readonly code = 'L2MET_QUERY_ASSERTION';

  /**
   * @param position of the character, from 1 on
   * @param expected what would have to stand there
   */
  constructor(
    readonly position: number,
    readonly expected: string,
  ) {
    super(`at character ${position} ${expected} is expected`);
  }
}

/**
 * Reads assertions:
 *
 *     assertions = assertion ("," assertion)*
 *     assertion  = subject ("<" | "<=" | ">" | ">=" | "=" | "==" | "!=") number
 *
 * There may be spaces anywhere between these.
 *
 * @throws AssertionSyntaxError
 */
export function parseAssertions(text: string): Assertion[] {
  const assertions: Assertion[] = [];
  let at = 0;
  /** What a pattern finds next, behind spaces. */
  const take = (pattern: RegExp, expected: string): string => {
    at = text.length - text.slice(at).trimStart().length;
    const found = pattern.exec(text.slice(at))?.[0];
    if (found === undefined) throw new AssertionSyntaxError(at + 1, expected);
    at += found.length;
    return found;
  };
  do {
    const word = take(/^[a-z0-9]*/i, '');
    const subject = word === 'points' ? word : statisticNamed(word);
    if (!subject) throw new AssertionSyntaxError(at - word.length + 1, `one of ${ASKED_STATISTICS.join(', ')}, points`);
    const operator = take(/^([<>!=]=|[<>=])/, `one of ${OPERATORS.join(' ')}`);
    // A plus in a query may have become a space.
    const number = take(/^[-+]?(\d+\.?\d*|\.\d+)(e[-+ ]?\d+)?/i, 'a number').replace(' ', '+');
    assertions.push({
      text: `${word}${operator}${number}`,
      subject,
      operator: operator === '==' ? '=' : (operator as Operator),
      bound: Number(number),
    });
  } while (take(/^(,|$)/, 'a comma or the end') === ',');
  return assertions;
}
