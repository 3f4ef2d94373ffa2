/** Colours and widths for terminals. Pure, but for `styleFor`, which looks at NO_COLOR. */
import { stripVTControlCharacters } from 'node:util';
import { childEnv } from '../../../config/environment';
import type { OutStream } from './io';

/** SGR parameters (ECMA-48 section 8.3.117): of the sixteen colours that every theme makes readable. */
const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;

export type Colour = keyof typeof CODES;

/** Puts a colour on a text, or leaves it. */
export type Style = (colour: Colour, text: string) => string;

export const PLAIN: Style = (_colour, text) => text;
export const COLOURED: Style = (colour, text) => `\u001b[${CODES[colour]}m${text}\u001b[0m`;

/** Colours on a terminal only, and not where NO_COLOR is set to anything (no-color.org) or TERM says that there are none. */
export const styleFor = (stream: OutStream, env: Readonly<Record<string, string>> = childEnv()): Style =>
  stream.isTTY === true && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb' ? COLOURED : PLAIN;

/** What others have named, without what would move the cursor or colour the screen. */
export const printable = (text: string): string => stripVTControlCharacters(text).replace(/\p{Cc}/gu, ' ');

/** Characters that take two cells: East Asian Wide and Fullwidth (Unicode Standard Annex 11), and pictures. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const NO_CELL = /[\p{Mn}\p{Me}\p{Cf}]/u;

const cellsOf = (character: string): number => {
  if (NO_CELL.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
};

/** In cells, colours not counted. */
export const widthOf = (text: string): number => {
  let width = 0;
  for (const character of stripVTControlCharacters(text)) width += cellsOf(character);
  return width;
};

// eslint-disable-next-line no-control-regex -- the escapes that COLOURED writes.
const PIECES = /\u001b\[\d+m|[^\u001b]+/g;

/** At most `width` cells: the end is left out for an ellipsis, and colours are closed. */
export const fit = (text: string, width: number): string => {
  if (widthOf(text) <= width) return text;
  let left = Math.max(0, width - 1);
  let out = '';
  let isColoured = false;
  for (const [piece] of text.matchAll(PIECES)) {
    if (piece.startsWith('\u001b')) {
      isColoured = piece !== '\u001b[0m';
      out += piece;
      continue;
    }
    for (const character of piece) {
      const cells = cellsOf(character);
      if (cells > left) return `${out}…${isColoured ? '\u001b[0m' : ''}`;
      left -= cells;
      out += character;
    }
  }
  return out;
};

export const padTo = (text: string, width: number, side: 'left' | 'right' = 'left'): string => {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)));
  return side === 'left' ? `${text}${space}` : `${space}${text}`;
};
