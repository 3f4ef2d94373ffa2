/** Rows in columns, for people. Pure. */
import { fit, padTo, widthOf } from './terminal';

export interface Column<T> {
  readonly title: string;
  readonly side?: 'left' | 'right';
  readonly cell: (row: T) => string;
}

const GAP = '  ';

/**
 * A line of titles and one for each row. Columns are as wide as what they hold; no line is as wide as `width` cells, and what
 * does not fit is cut.
 */
export const tableLines = <T>(columns: readonly Column<T>[], rows: readonly T[], width = Infinity): string[] => {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ cell }) => cell(row)))];
  const widths = columns.map((_, at) => Math.max(...cells.map((row) => widthOf(row[at] ?? ''))));
  return cells.map((row) => {
    const line = row.map((text, at) => padTo(text, widths[at] ?? 0, columns[at]?.side)).join(GAP);
    // One cell is kept free: many terminals wrap when the last one is written.
    return fit(line.trimEnd(), width - 1);
  });
};
