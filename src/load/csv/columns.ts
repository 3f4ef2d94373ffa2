/** Which columns of a file become which of the table. */
import { LonghaulError } from '../../model/errors';
import type { ColumnMapping } from '../types';

export interface MappedColumn {
  /** Place in the file. */
  readonly from: number;
  /** Column of the table. */
  readonly name: string;
}

/**
 * The loaded columns of a file in its own order. Throws ColumnUnexpected, ColumnMissing, and FileMalformed where a name is there
 * twice.
 */
export function mapColumns(
  source: readonly string[],
  mapping: ColumnMapping,
  display: string,
): readonly MappedColumn[] {
  const wanted = new Set(mapping.columns.filter((name) => !Object.hasOwn(mapping.constants, name)));
  const dropped = new Set(mapping.drop);
  const mapped: MappedColumn[] = [];
  const seen = new Set<string>();
  for (const [from, column] of source.entries()) {
    if (dropped.has(column)) continue;
    const name = targetName(column, mapping);
    if (!wanted.has(name)) {
      if (mapping.extra === 'drop') continue;
      const text = `${display} has a column ${JSON.stringify(column)}, which nothing names`;
      throw new LonghaulError('ColumnUnexpected', text, { source: display, column });
    }
    if (seen.has(name)) {
      throw new LonghaulError('FileMalformed', `${display} has the column ${JSON.stringify(column)} twice`, {
        source: display,
        column,
      });
    }
    seen.add(name);
    mapped.push({ from, name });
  }
  const missing = [...wanted].find((name) => !seen.has(name));
  if (missing === undefined) return mapped;
  throw new LonghaulError('ColumnMissing', `${display} has no column ${JSON.stringify(missing)}`, {
    source: display,
    column: missing,
  });
}

export const targetName = (column: string, { rename }: ColumnMapping): string =>
  Object.hasOwn(rename, column) ? (rename[column] as string) : column;

/** Constants in the order of the table's columns, as bytes. */
export const constantColumns = (
  mapping: ColumnMapping,
): readonly { readonly name: string; readonly constant: Buffer | null }[] =>
  mapping.columns
    .filter((name) => Object.hasOwn(mapping.constants, name))
    .map((name) => {
      const text = mapping.constants[name] ?? null;
      return { name, constant: text === null ? null : Buffer.from(text) };
    });

/** Throws HeadersDiffer where the two are not the same set. */
export function assertSameColumns(
  found: readonly string[],
  expected: readonly string[] | undefined,
  display: string,
): void {
  if (expected === undefined) return;
  const [here, there] = [new Set(found), new Set(expected)];
  const more = found.find((name) => !there.has(name));
  const less = expected.find((name) => !here.has(name));
  if (more === undefined && less === undefined) return;
  const what =
    more === undefined ? `lacks the column ${JSON.stringify(less)}` : `has the column ${JSON.stringify(more)}`;
  throw new LonghaulError('HeadersDiffer', `${display} ${what}, unlike the first file`, { source: display });
}
