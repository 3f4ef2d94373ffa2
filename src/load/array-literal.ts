/** JSON arrays as array literals of Postgres (documentation, 8.15.2), without touching the digits of numbers. */

/** A token of JSON: a string, a structural character, or a number or word. */
const TOKEN = /\s*("(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+)/gy;

const quoted = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

/** Undefined where the text is no JSON array. Objects within become their JSON text. */
export function arrayLiteral(json: string): string | undefined {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  let end = 0;
  for (let match = TOKEN.exec(json); match !== null; match = TOKEN.exec(json)) {
    tokens.push(match[1] ?? '');
    end = TOKEN.lastIndex;
  }
  if (json.slice(end).trim() !== '' || tokens[0] !== '[') return undefined;
  const cursor = { at: 0 };
  try {
    const literal = arrayFrom(tokens, cursor);
    return cursor.at === tokens.length ? literal : undefined;
  } catch {
    return undefined;
  }
}

function arrayFrom(tokens: readonly string[], cursor: { at: number }): string {
  const elements: string[] = [];
  cursor.at += 1;
  if (tokens[cursor.at] === ']') {
    cursor.at += 1;
    return '{}';
  }
  for (;;) {
    elements.push(elementFrom(tokens, cursor));
    const next = tokens[cursor.at];
    cursor.at += 1;
    if (next === ']') return `{${elements.join(',')}}`;
    if (next !== ',') throw new SyntaxError();
  }
}

function elementFrom(tokens: readonly string[], cursor: { at: number }): string {
  const token = tokens[cursor.at];
  if (token === undefined) throw new SyntaxError();
  if (token === '[') return arrayFrom(tokens, cursor);
  if (token === '{') return quoted(objectFrom(tokens, cursor));
  cursor.at += 1;
  if (token.startsWith('"')) return quoted(JSON.parse(token) as string);
  if (token === 'null') return 'NULL';
  if (/^[\]},:]$/.test(token)) throw new SyntaxError();
  return token;
}

function objectFrom(tokens: readonly string[], cursor: { at: number }): string {
  const start = cursor.at;
  let depth = 0;
  do {
    const token = tokens[cursor.at];
    if (token === undefined) throw new SyntaxError();
    if (token === '{' || token === '[') depth += 1;
    if (token === '}' || token === ']') depth -= 1;
    cursor.at += 1;
  } while (depth > 0);
  return tokens.slice(start, cursor.at).join('');
}
