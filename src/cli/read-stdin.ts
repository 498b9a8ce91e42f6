import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';

/** All of standard input; from a terminal one line, asked for; nothing if it is not given. */
export async function readStdin(question: string): Promise<string> {
  if (process.stdin.isTTY) {
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    try {
      // Ctrl-C and Ctrl-D close it without an answer, for which question() alone would wait for ever.
      const closed = once(lines, 'close').then(() => '');
      return await Promise.race([lines.question(question).catch(() => ''), closed]);
    } finally {
      lines.close();
    }
  }
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
