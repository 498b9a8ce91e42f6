/*
 * Control sequences (ECMA-48, and xterm's private modes): a page of its own, no cursor, no line that goes on in the next; then
 * home, each line cleared behind its text, and all below the last.
 */
const OPEN = '\u001b[?1049h\u001b[?25l\u001b[?7l';
const CLOSE = '\u001b[?7h\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

/** The size of a terminal that does not say its own. */
const SIZE = { columns: 80, rows: 24 };

/** The terminal as one page that is drawn over and over. */
export class Screen {
  private isOpen = false;

  constructor(private readonly terminal: NodeJS.WriteStream) {}

  get columns(): number {
    return this.terminal.columns || SIZE.columns;
  }

  get rows(): number {
    return this.terminal.rows || SIZE.rows;
  }

  /** Shows lines, at most {@link rows} of them, in one piece: nothing flickers. */
  draw(lines: readonly string[]): void {
    const page = HOME + lines.map((line) => line + CLEAR_LINE).join('\r\n') + CLEAR_BELOW;
    this.terminal.write(this.isOpen ? page : OPEN + page);
    this.isOpen = true;
  }

  /** Gives the terminal back as it was. */
  close(): void {
    if (this.isOpen) this.terminal.write(CLOSE);
    this.isOpen = false;
  }
}
