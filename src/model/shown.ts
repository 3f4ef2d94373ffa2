/**
 * What was given, as a message about a wrong input names it: only the kind of value and short scalars, for a pasted URL may
 * carry a signature or a password.
 */
export const shown = (value: unknown): string => {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string') return /[?@]/.test(value) ? 'text' : `the text "${value.slice(0, 60)}"`;
  return typeof value === 'number' || typeof value === 'boolean' ? `the ${typeof value} ${value}` : typeof value;
};
