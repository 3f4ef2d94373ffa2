import { COLOURED, fit, padTo, printable, styleFor, widthOf } from '../../../src/client/lib/print/terminal';
import { tableLines } from '../../../src/client/lib/print/table';

const tty = { isTTY: true, write: () => true };

it('colours go to terminals alone, and not where NO_COLOR or TERM=dumb ask for none', () => {
  const red = (env: Record<string, string>, isTTY = true): string => styleFor({ ...tty, isTTY }, env)('red', 'x');
  expect(red({})).toBe('\u001b[31mx\u001b[0m');
  expect(red({ NO_COLOR: '' })).toBe('\u001b[31mx\u001b[0m');
  expect(red({ NO_COLOR: '1' })).toBe('x');
  expect(red({ TERM: 'dumb' })).toBe('x');
  expect(red({}, false)).toBe('x');
});

it('widths are counted in cells', () => {
  expect(widthOf('abc')).toBe(3);
  expect(widthOf('転送')).toBe(4);
  expect(widthOf('e\u0301')).toBe(1);
  expect(widthOf(COLOURED('red', 'abc'))).toBe(3);
  expect(padTo('転', 4)).toBe('転  ');
  expect(padTo('7', 3, 'right')).toBe('  7');
});

it('what is too long is cut at a cell, its colour closed', () => {
  expect(fit('abcdef', 6)).toBe('abcdef');
  expect(fit('abcdef', 4)).toBe('abc…');
  expect(fit('転送転送', 4)).toBe('転…');
  expect(fit(COLOURED('red', 'abcdef'), 4)).toBe('\u001b[31mabc…\u001b[0m');
  expect(fit(`${COLOURED('red', 'ab')}cdef`, 4)).toBe('\u001b[31mab\u001b[0mc…');
});

it('control characters of others become spaces', () => {
  expect(printable('a\u001b[31mb c\u0007d\ne')).toBe('ab c d e');
});

it('a table has columns as wide as their widest cell, and no line as wide as the terminal', () => {
  const columns = [
    { title: 'RUN', cell: ({ run }: { run: string }) => run },
    { title: 'N', side: 'right' as const, cell: ({ run }: { run: string }) => String(run.length) },
  ];
  const rows = [{ run: 'a' }, { run: 'twelve-chars' }];
  expect(tableLines(columns, rows)).toEqual(['RUN            N', 'a              1', 'twelve-chars  12']);
  expect(tableLines(columns, rows, 10)).toEqual(['RUN     …', 'a       …', 'twelve-c…']);
});
