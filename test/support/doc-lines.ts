/** The command lines of the documentation, as a reader copies them from fenced blocks. */
import { readFileSync, readdirSync } from 'node:fs';
import * as path from 'node:path';
import { REPOSITORY_ROOT } from '../../src/dev/tools';

export interface DocLine {
  /** Below the repository: `docs/guide-load.md`. */
  readonly page: string;
  /** Continued lines put together. */
  readonly line: string;
}

/** Pages in which a reader looks for commands; the runbook's are tried by a test of their own, decisions tell of the past. */
export const DOC_PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(path.join(REPOSITORY_ROOT, 'docs'))
    .filter((name) => name.endsWith('.md') && name !== 'runbook.md')
    .sort()
    .map((name) => `docs/${name}`),
];

/** Of blocks `sh` and `bash` every line, of `console` those behind a prompt: the others are output. */
export const docLines = (page: string): DocLine[] =>
  [
    ...readFileSync(path.join(REPOSITORY_ROOT, page), 'utf8').matchAll(/^ *```(console|sh|bash)\n([^]*?)^ *```/gm),
  ].flatMap(([, language, block = '']) =>
    block
      .replace(/\\\n\s*/g, '')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && (language !== 'console' || line.startsWith('$ ')))
      .map((line) => ({ page, line: line.replace(/^\$ /, '') })),
  );
