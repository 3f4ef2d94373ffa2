const SHOWN_CHARACTERS = 60;

const quoted = (text: string): string =>
  JSON.stringify(text).replace(/\p{C}/gu, (letter) => `\\u{${(letter.codePointAt(0) ?? 0).toString(16)}}`);

/**
 * What was given, as a message about a wrong input names it: only the kind of value and short scalars, for a pasted URL may
 * carry a signature or a password. Control and format characters are escaped: a terminal would obey them.
 */
export const shown = (value: unknown): string => {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string')
    return /[?@]/.test(value) ? 'text' : `the text ${quoted(value.slice(0, SHOWN_CHARACTERS))}`;
  return typeof value === 'number' || typeof value === 'boolean' ? `the ${typeof value} ${value}` : typeof value;
};
