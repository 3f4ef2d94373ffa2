/** Values over sizes as an SVG that needs nothing else: stacked columns, one for each size. */

export interface Column {
  readonly label: string;
  /** From the bottom up, by the names of the legend. */
  readonly parts: Readonly<Record<string, number>>;
}

export interface ChartText {
  readonly title: string;
  readonly unit: string;
}

const WIDTH = 760;
const HEIGHT = 320;
const TOP = 70;
const BOTTOM = 40;
const LEFT = 20;
const COLUMN_WIDTH = 90;
/** Readable on a white and on a black page. */
const COLOURS = ['#2f81f7', '#3fb950', '#d29922', '#8b949e'];

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const sumOf = ({ parts }: Column): number => Object.values(parts).reduce((sum, value) => sum + value, 0);

function columnSvg(column: Column, centre: number, scale: number): string {
  let y = HEIGHT - BOTTOM;
  const rects = Object.values(column.parts).map((value, index) => {
    const height = value * scale;
    y -= height;
    const fill = COLOURS[index % COLOURS.length] ?? '';
    return `<rect x="${centre - COLUMN_WIDTH / 2}" y="${y.toFixed(1)}" width="${COLUMN_WIDTH}" height="${height.toFixed(1)}" fill="${fill}"/>`;
  });
  const text = (at: number, words: string): string =>
    `<text x="${centre}" y="${at.toFixed(1)}" text-anchor="middle">${escaped(words)}</text>`;
  return [...rects, text(y - 8, sumOf(column).toFixed(1)), text(HEIGHT - BOTTOM + 20, column.label)].join('\n');
}

function legendSvg(names: readonly string[]): string {
  const step = (WIDTH - 2 * LEFT) / names.length;
  return names
    .map((name, index) => {
      const x = LEFT + index * step;
      return `<rect x="${x}" y="40" width="12" height="12" fill="${COLOURS[index % COLOURS.length] ?? ''}"/><text x="${x + 18}" y="51">${escaped(name)}</text>`;
    })
    .join('\n');
}

export function columnChart({ title, unit }: ChartText, columns: readonly Column[]): string {
  const scale = (HEIGHT - TOP - BOTTOM - 20) / Math.max(...columns.map(sumOf));
  const step = (WIDTH - 2 * LEFT) / columns.length;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" ` +
      `font-family="system-ui, sans-serif" font-size="14" fill="#6e7681">`,
    `<title>${escaped(title)}</title>`,
    `<text x="${LEFT}" y="24" font-weight="bold">${escaped(`${title} (${unit})`)}</text>`,
    legendSvg(Object.keys(columns[0]?.parts ?? {})),
    ...columns.map((column, index) => columnSvg(column, LEFT + (index + 0.5) * step, scale)),
    '</svg>',
    '',
  ].join('\n');
}
