/** Our Markdown as text for a terminal, in the manner of a manual page. Knows what docs/ uses, not all of Markdown. Pure. */
import { tableLines } from './table';
import { widthOf } from './terminal';

const TEXT_INDENT = '  ';
const CODE_INDENT = '      ';
/** Lines longer than this are hard to read, however wide the terminal is. */
const MAX_WIDTH = 100;

const ENTITIES: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&amp;': '&' };

/** Links to the web keep their address; those between pages lead nowhere in a terminal. */
export const inlineText = (text: string): string =>
  text
    .replace(/!\[[^\]]*\]\([^)]*\)/g, '')
    .replace(/\[([^\]]*)\]\((https?:[^)]*)\)/g, '$1 ($2)')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/\*\*([^*]+)\*\*/g, '$1')
    .replace(/(^|[\s(])_([^_]+)_(?=[\s).,:;]|$)/g, '$1$2')
    .replaceAll('`', '')
    .replace(/\\([\\|_*<>[\]#])/g, '$1')
    .replace(/&(?:lt|gt|amp);/g, (entity) => ENTITIES[entity] ?? entity);

/** Breaks between words; what is longer than a line stays whole, because it may be a path or an address. */
export const wrapText = (text: string, width: number, first = '', rest = first): string[] => {
  const lines: string[] = [];
  let line = first;
  for (const word of text.split(/\s+/).filter((each) => each !== '')) {
    const isFresh = line === first || line === rest;
    if (!isFresh && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line);
      line = rest + word;
    } else {
      line += (isFresh ? '' : ' ') + word;
    }
  }
  return line.trim() === '' ? lines : [...lines, line];
};

const cellsOf = (line: string): string[] =>
  line
    .trim()
    .replace(/^\||\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => inlineText(cell.trim()));

/** In columns where they fit; else each row as its first cell and what is said of it. */
const tableText = (lines: readonly string[], width: number): string[] => {
  const [head = [], , ...rows] = lines.map(cellsOf);
  const columns = head.map((title, at) => ({ title, cell: (row: readonly string[]) => row[at] ?? '' }));
  const table = tableLines(columns, rows);
  if (table.every((line) => widthOf(line) + TEXT_INDENT.length <= width))
    return table.map((line) => TEXT_INDENT + line);
  return rows.flatMap((row) => [
    `${TEXT_INDENT}${row[0] ?? ''}`,
    ...row.slice(1).flatMap((cell, at) => {
      if (cell === '') return [];
      const isLast = at === row.length - 2;
      return wrapText(isLast ? cell : `${head[at + 1] ?? ''}: ${cell}`, width, CODE_INDENT);
    }),
  ]);
};

const isTable = (line: string): boolean => line.trimStart().startsWith('|');
const isFence = (line: string): boolean => line.trimStart().startsWith('```');
const HEADING = /^(#+) (.*)$/;
const ITEM = /^(\s*)(-|\d+\.) (.*)$/;
/** What ends a paragraph or an item, beside an empty line. */
const isBlock = (line: string): boolean =>
  line.trim() === '' || isTable(line) || isFence(line) || HEADING.test(line) || ITEM.test(line);

const headingText = (marks: string, text: string): string =>
  marks.length <= 2 ? inlineText(text).toUpperCase() : inlineText(text);

/** `columns`: the width of the terminal. */
export const markdownText = (page: string, columns: number): string => {
  const width = Math.min(columns, MAX_WIDTH);
  const source = page.replace(/<!--[^]*?-->\n*/g, '').split('\n');
  const out: string[] = [];
  const take = (wanted: (line: string) => boolean): string[] => {
    const taken: string[] = [];
    for (let line = source[0]; line !== undefined && wanted(line); line = source[0]) taken.push(source.shift() ?? '');
    return taken;
  };
  while (source.length > 0) {
    const line = source.shift() ?? '';
    const heading = HEADING.exec(line);
    const item = ITEM.exec(line);
    if (line.trim() === '') {
      if (out.length > 0 && out.at(-1) !== '') out.push('');
    } else if (heading !== null) {
      out.push(headingText(heading[1] ?? '', heading[2] ?? ''));
    } else if (isFence(line)) {
      out.push(...take((next) => !isFence(next)).map((code) => CODE_INDENT + code));
      source.shift();
    } else if (isTable(line)) {
      out.push(...tableText([line, ...take(isTable)], width));
    } else if (item !== null) {
      const [, indent = '', mark = '-', text = ''] = item;
      const lead = `${TEXT_INDENT}${indent}${mark} `;
      const whole = [text, ...take((next) => !isBlock(next))].join(' ');
      out.push(...wrapText(inlineText(whole), width, lead, ' '.repeat(lead.length)));
    } else {
      const whole = [line, ...take((next) => !isBlock(next))].join(' ');
      out.push(...wrapText(inlineText(whole), width, TEXT_INDENT));
    }
  }
  return out.join('\n').trim();
};
