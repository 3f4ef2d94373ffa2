/**
 * The little XML that S3 and the XML API of Google Cloud Storage speak: flat elements without attributes but a namespace.
 * Not a parser of XML: it reads the text of elements by name, and writes such elements.
 */

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** Predefined entities and character references (XML 1.0 sections 4.1 and 4.6). */
const unescape = (text: string): string =>
  text.replace(
    /&(?:#x([0-9a-f]+)|#(\d+)|(lt|gt|amp|quot|apos));/gi,
    (whole, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? whole;
      const point = hex === undefined ? Number(decimal) : parseInt(hex, 16);
      return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
    },
  );

/** By names, not by numbers: they are what every store understands. */
const NAMES: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  '"': '&quot;',
  "'": '&apos;',
};

export const escapeXml = (text: string): string => text.replace(/[<>&"']/g, (char) => NAMES[char] ?? char);

/** What stands in each element of this name, as it is: with its own elements, if it has any. */
export function elementsIn(xml: string, name: string): string[] {
  const found: string[] = [];
  for (const [, inner] of xml.matchAll(new RegExp(`<${name}(?:\\s[^>]*)?>([\\s\\S]*?)</${name}>`, 'g'))) {
    found.push(inner ?? '');
  }
  return found;
}

/** The text of the first element of this name. */
export function textIn(xml: string, name: string): string | undefined {
  const inner = elementsIn(xml, name)[0];
  return inner === undefined ? undefined : unescape(inner);
}
