import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { TOPICS } from '../../../src/client/lib/help/topics';
import { inlineText, markdownText, wrapText } from '../../../src/client/lib/print/markdown';
import { widthOf } from '../../../src/client/lib/print/terminal';
import { ERRORS, EXIT_CODES } from '../../../src/model/errors';
import { runCli } from './run-cli';

const DOCS = path.join(__dirname, '../../../docs');

describe('longhaul help', () => {
  it('lists commands and topics', async () => {
    const { exitCode, stdout } = await runCli('help');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Usage: longhaul');
    for (const { name, about } of TOPICS) expect(stdout).toMatch(new RegExp(`^  ${name} +${about.slice(0, 10)}`, 'm'));
    const json = JSON.parse((await runCli('help', '--json')).stdout) as { commands: string[]; topics: object[] };
    expect(json.commands).toContain('export');
    expect(json.topics).toHaveLength(TOPICS.length);
  });

  it.each(TOPICS)('explains $name, in lines that fit, without marks of Markdown', async ({ name, page }) => {
    if (page !== undefined) expect(existsSync(path.join(DOCS, page))).toBe(true);
    const { exitCode, stdout, stderr } = await runCli('help', name);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout.length).toBeGreaterThan(200);
    expect(stdout).not.toMatch(/^\s*\|.*\|$|\]\(|<!--|&lt;|^#+ /m);
    // Code stays as it is, and so does what has no space to break at.
    const long = stdout.split('\n').filter((line) => widthOf(line) > 100 && !line.startsWith('      '));
    expect(long.filter((line) => line.trim().includes(' ') && !/https?:/.test(line))).toEqual([]);
  });

  it('explains exit codes and errors from their tables', async () => {
    const { stdout: exits } = await runCli('help', 'exit-codes');
    for (const [kind, exit] of Object.entries(EXIT_CODES))
      expect(exits).toMatch(new RegExp(`^  ${exit}\n      ${kind}`, 'm'));
    const { stdout: errors } = await runCli('help', 'errors');
    for (const code of Object.keys(ERRORS)) expect(errors).toMatch(new RegExp(`^  ${code}$`, 'm'));
    const { stdout: one } = await runCli('help', 'targetbusy');
    expect(one).toContain(ERRORS.TargetBusy.hint);
    expect(one).toMatch(/^TargetBusy\n/);
    expect(one).toContain('$ longhaul abort <run>');
  });

  it('shows the help of a command, of a group and of what is in it', async () => {
    expect((await runCli('help', 'export')).stdout).toBe((await runCli('export', '--help')).stdout);
    expect((await runCli('help', 'schedule', 'create')).stdout).toBe(
      (await runCli('schedule', 'create', '--help')).stdout,
    );
  });

  it('says what there is where it knows nothing', async () => {
    const { exitCode, stderr } = await runCli('help', 'nonsense');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('There is no help for "nonsense"; topics are exit-codes,');
  });
});

describe('Markdown as text', () => {
  it.each([
    ['a [page](x.md) and [site](https://e.org/a)', 'a page and site (https://e.org/a)'],
    ['`code` **bold** _soft_ and snake_case_name', 'code bold soft and snake_case_name'],
    ['a \\| b &lt;run&gt;', 'a | b <run>'],
  ])('%j', (markdown, text) => expect(inlineText(markdown)).toBe(text));

  it('keeps code, breaks paragraphs and hangs items', () => {
    const page = '# Head\n\none two\nthree\n\n- item that is\n  long\n\n```sh\n$ a  b\n```\n';
    expect(markdownText(page, 16)).toBe(
      ['HEAD', '', '  one two three', '', '  - item that is', '    long', '', '      $ a  b'].join('\n'),
    );
  });

  it('puts a table into columns where it fits, and else its rows below each other', () => {
    const page = '| K | V |\n| --- | --- |\n| a | one two three four |\n| b |  |\n';
    expect(markdownText(page, 60)).toBe(['K  V', '  a  one two three four', '  b'].join('\n'));
    expect(markdownText(page, 20)).toBe(['a', '      one two three', '      four', '  b'].join('\n'));
  });

  it('leaves a word that is longer than a line', () => {
    expect(wrapText('a https://example.org/very/long b', 10)).toEqual(['a', 'https://example.org/very/long', 'b']);
  });
});
