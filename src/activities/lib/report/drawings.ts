/** The drawings of report.html, as SVG without any reference to the outside. Colours are classes; each shape has a title. */
import { formatBytes, formatCount, formatDuration, formatRate, plural } from '../../../model/format';
import type { Cell } from './stats';

const WIDTH = 960;
const CHART_HEIGHT = 220;
const MARGIN = { left: 70, right: 10, top: 10, bottom: 24 };

const CELL = 18;
const COLUMNS = 50;

const round = (value: number): string => value.toFixed(1);

/** Bytes a second over the time of the run. `binSeconds`: how long each point stands for. */
export function throughputChart(rates: readonly number[], binSeconds: number): string {
  const top = Math.max(1, ...rates);
  const width = WIDTH - MARGIN.left - MARGIN.right;
  const height = CHART_HEIGHT - MARGIN.top - MARGIN.bottom;
  const x = (at: number): number => MARGIN.left + (at / Math.max(1, rates.length)) * width;
  const y = (rate: number): number => MARGIN.top + height - (rate / top) * height;
  const steps = rates.map((rate, at) => `L${round(x(at))},${round(y(rate))}L${round(x(at + 1))},${round(y(rate))}`);
  const base = round(y(0));
  const curve = `M${round(x(0))},${base}${steps.join('')}L${round(x(rates.length))},${base}`;
  const totalMs = rates.length * binSeconds * 1000;
  const marks = [0, 0.5, 1].map((part) => {
    const at = y(top * part);
    return (
      `<line class="axis" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${round(at)}" y2="${round(at)}"/>` +
      `<text x="${MARGIN.left - 6}" y="${round(at + 4)}" text-anchor="end">${formatRate(top * part)}</text>`
    );
  });
  const times = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const anchor = part === 0 ? 'start' : part === 1 ? 'end' : 'middle';
    const text = part === 0 ? 'start' : formatDuration(totalMs * part);
    return `<text x="${round(x(rates.length * part))}" y="${CHART_HEIGHT - 6}" text-anchor="${anchor}">${text}</text>`;
  });
  const best = rates.indexOf(Math.max(...rates));
  const summary = `Most: ${formatRate(Math.max(0, ...rates))}, ${formatDuration(best * binSeconds * 1000)} after the start`;
  return (
    `<svg viewBox="0 0 ${WIDTH} ${CHART_HEIGHT}" role="img" aria-labelledby="flow-title flow-desc">` +
    `<title id="flow-title">Throughput over time</title><desc id="flow-desc">${summary}</desc>` +
    `${marks.join('')}${times.join('')}<path class="area" d="${curve}Z"/><path class="curve" d="${curve}"/></svg>`
  );
}

/** Class, and what stands in the cell: colours are not all that tells. */
function look({ failed, aborted, skipped, lines, attempts, parts }: Cell): readonly [string, string] {
  if (failed > 0) return ['c-bad', '×'];
  if (aborted > 0) return ['c-pale', '–'];
  if (attempts > 1) return ['c-warn', '↻'];
  if (skipped === lines) return ['c-pale', ''];
  return ['c-good', parts > lines && parts < 1_000 ? String(parts) : ''];
}

const titleOf = ({ first, last, lines, parts, bytes, attempts, failed, aborted, skipped }: Cell): string =>
  [
    first === last ? `Record ${formatCount(first)}` : `Records ${formatCount(first)} to ${formatCount(last)}`,
    plural(parts, 'part'),
    formatBytes(bytes),
    ...(attempts > 1 ? [`up to ${formatCount(attempts)} attempts`] : []),
    ...(failed > 0 ? [`${formatCount(failed)} failed`] : []),
    ...(aborted > 0 ? [`${formatCount(aborted)} taken back`] : []),
    ...(skipped > 0 ? [`${formatCount(skipped)} skipped`] : []),
    ...(lines > 1 && first === last ? [`${formatCount(lines)} objects`] : []),
  ].join(', ');

/** A square for each record, or for so many neighbours. */
export function recordMap(cells: readonly Cell[]): string {
  const rows = Math.ceil(cells.length / COLUMNS);
  const squares = cells.map((cell, at) => {
    const x = (at % COLUMNS) * (CELL + 1);
    const y = Math.floor(at / COLUMNS) * (CELL + 1);
    const [colour, mark] = look(cell);
    const text = mark === '' ? '' : `<text class="in" x="${x + CELL / 2}" y="${y + CELL / 2 + 3}">${mark}</text>`;
    return `<g><title>${titleOf(cell)}</title><rect class="${colour}" x="${x}" y="${y}" width="${CELL}" height="${CELL}" rx="2"/>${text}</g>`;
  });
  return (
    `<svg viewBox="0 0 ${COLUMNS * (CELL + 1)} ${Math.max(1, rows) * (CELL + 1)}" role="img" aria-labelledby="map-title">` +
    `<title id="map-title">Parts and retries of ${plural(cells.length, 'square')}</title>${squares.join('')}</svg>`
  );
}
