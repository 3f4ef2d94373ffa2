/** Every `longhaul` line of the README and of docs/ is one that the command understands. It is not run. */
import { readFileSync, readdirSync } from 'node:fs';
import * as path from 'node:path';
import { commandLineFault } from './command-line';

const ROOT = path.join(__dirname, '../../..');
const PAGES = [
  'README.md',
  ...readdirSync(path.join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.startsWith('decisions'))
    .map((name) => path.join('docs', name)),
];

/** Of fenced blocks alone, with continued lines put together, without prompt, comment, pipe and redirection. */
const commandLines = (page: string): string[] =>
  [...page.matchAll(/^ *```(?:console|sh|bash)?\n([^]*?)^ *```/gm)]
    .flatMap(([, block = '']) => block.replace(/\\\n\s*/g, '').split('\n'))
    .map((line) => line.trim().replace(/^\$ /, '').replace(/^npx /, ''))
    // Not the first line of the README's picture.
    .filter((line) => /^longhaul [a-z-]/.test(line))
    .map((line) => line.replace(/\s+#.*$/, '').replace(/\s+(?:[|>&]|&&|2>).*$/, ''));

it.each(PAGES)('%s', (name) => {
  const lines = commandLines(readFileSync(path.join(ROOT, name), 'utf8'));
  expect(lines.map((line) => [line, commandLineFault(line)]).filter(([, fault]) => fault !== undefined)).toEqual([]);
});

it('there are such lines', () => {
  const all = PAGES.flatMap((name) => commandLines(readFileSync(path.join(ROOT, name), 'utf8')));
  expect(all.length).toBeGreaterThan(200);
});
