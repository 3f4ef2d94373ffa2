/** Two rows of bars as an SVG that needs nothing else: what each side takes for a GiB, in CPU and in time. */

export interface Bar {
  readonly label: string;
  readonly value: number;
}

export interface Panel {
  readonly title: string;
  readonly bars: readonly Bar[];
}

const WIDTH = 760;
const LABEL_WIDTH = 190;
const BAR_HEIGHT = 22;
const STEP = 30;
const TITLE_HEIGHT = 44;
const VALUE_WIDTH = 70;
/** Readable on a white and on a black page. */
const OURS = '#2f81f7';
const THEIRS = '#8b949e';

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

function panelSvg({ title, bars }: Panel, top: number): string {
  const most = Math.max(...bars.map(({ value }) => value));
  const rows = bars.map(({ label, value }, index) => {
    const y = top + TITLE_HEIGHT + index * STEP;
    const width = Math.max(1, (value / most) * (WIDTH - LABEL_WIDTH - VALUE_WIDTH));
    const fill = label.startsWith('Longhaul') ? OURS : THEIRS;
    const middle = y + BAR_HEIGHT / 2 + 5;
    return [
      `<text x="${LABEL_WIDTH - 10}" y="${middle}" text-anchor="end">${escaped(label)}</text>`,
      `<rect x="${LABEL_WIDTH}" y="${y}" width="${width.toFixed(1)}" height="${BAR_HEIGHT}" rx="3" fill="${fill}"/>`,
      `<text x="${(LABEL_WIDTH + width + 8).toFixed(1)}" y="${middle}">${value.toFixed(2)}</text>`,
    ].join('\n');
  });
  return [`<text x="10" y="${top + 26}" font-weight="bold">${escaped(title)}</text>`, ...rows].join('\n');
}

const heightOf = ({ bars }: Panel): number => TITLE_HEIGHT + bars.length * STEP;

export function barChart(panels: readonly Panel[]): string {
  let top = 0;
  const drawn = panels.map((panel) => {
    const svg = panelSvg(panel, top);
    top += heightOf(panel);
    return svg;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top + 10}" role="img" ` +
      `font-family="system-ui, sans-serif" font-size="14" fill="#6e7681">`,
    `<title>${escaped(panels.map(({ title }) => title).join('; '))}</title>`,
    ...drawn,
    '</svg>',
    '',
  ].join('\n');
}
