/**
 * report.html: one page that needs nothing else. It makes no request, and its policy forbids any; what others have named
 * is escaped. Its size does not grow with the run.
 */
import { ERRORS, isErrorCode } from '../../../model/errors';
import { formatBytes, formatCount, formatDuration, formatRate, plural } from '../../../model/format';
import { POLICY, SCRIPT, STYLE } from './assets';
import { recordMap, throughputChart } from './drawings';
import type { ListedRecord, ReportStats } from './stats';
import type { RunReport } from './run-report';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** For text and for attributes in quotes. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');

const OUTCOME_CLASS: Readonly<Record<RunReport['outcome'], string>> = {
  succeeded: 'good',
  failed: 'bad',
  cancelled: 'warn',
};

const facts = (pairs: readonly (readonly [string, string])[]): string =>
  `<dl>${pairs.map(([name, value]) => `<div><dt>${name}</dt><dd>${escapeHtml(value)}</dd></div>`).join('')}</dl>`;

interface TableColumn<T> {
  readonly head: string;
  /** As HTML. */
  readonly cell: (row: T) => string;
  /** What it is sorted by; text where absent. */
  readonly value?: (row: T) => number;
}

const table = <T>(caption: string, columns: readonly TableColumn<T>[], rows: readonly T[]): string => {
  const heads = columns.map(
    ({ head, value }) =>
      `<th scope="col" data-sort="${value === undefined ? 'text' : 'number'}"${value === undefined ? '' : ' class="num"'}>${head}</th>`,
  );
  const cells = (row: T): string[] =>
    columns.map(({ cell, value }) =>
      value === undefined ? `<td>${cell(row)}</td>` : `<td class="num" data-value="${value(row)}">${cell(row)}</td>`,
    );
  const body = rows.map((row) => `<tr>${cells(row).join('')}</tr>`).join('');
  return `<div class="scroll"><table><caption>${caption}</caption><thead><tr>${heads.join('')}</tr></thead><tbody>${body}</tbody></table></div>`;
};

const recordColumn: TableColumn<ListedRecord> = {
  head: 'Record',
  cell: ({ n }) => formatCount(n),
  value: ({ n }) => n,
};
const sourceColumn: TableColumn<ListedRecord> = { head: 'Source', cell: ({ source }) => escapeHtml(source) };
const attemptsColumn: TableColumn<ListedRecord> = {
  head: 'Attempts',
  cell: ({ attempts }) => formatCount(attempts),
  value: ({ attempts }) => attempts,
};

const slowestTable = (records: readonly ListedRecord[]): string =>
  table(
    `The ${plural(records.length, 'record')} that took longest`,
    [
      recordColumn,
      sourceColumn,
      { head: 'Took', cell: ({ ms }) => formatDuration(ms), value: ({ ms }) => ms },
      { head: 'Size', cell: ({ bytes }) => formatBytes(bytes), value: ({ bytes }) => bytes },
      {
        head: 'Rate',
        cell: ({ bytes, ms }) => (ms === 0 ? '-' : formatRate((bytes * 1000) / ms)),
        value: ({ bytes, ms }) => (ms === 0 ? 0 : (bytes * 1000) / ms),
      },
      { head: 'Parts', cell: ({ parts }) => formatCount(parts), value: ({ parts }) => parts },
      attemptsColumn,
    ],
    records,
  );

const hintOf = (code: string): string => (isErrorCode(code) ? ERRORS[code].hint : '');

const failedTable = (stats: ReportStats): string =>
  table(
    stats.failures > stats.failed.length
      ? `The first ${stats.failed.length} of ${formatCount(stats.failures)} that failed`
      : 'Records that failed',
    [
      recordColumn,
      sourceColumn,
      {
        head: 'Error',
        cell: ({ code = 'Internal', error = '' }) =>
          `<strong>${escapeHtml(code)}</strong> ${escapeHtml(error)}<span class="hint">${escapeHtml(hintOf(code))}</span>`,
      },
      attemptsColumn,
    ],
    stats.failed,
  );

const flowSection = (stats: ReportStats): string => {
  const { rates, binSeconds } = stats;
  const points = rates.map((rate, at) => ({ rate, at: at * binSeconds * 1000 }));
  const numbers = table(
    `Each row is ${formatDuration(binSeconds * 1000)}; the bytes of a record are spread evenly over its time`,
    [
      { head: 'After', cell: ({ at }) => formatDuration(at), value: ({ at }) => at },
      { head: 'Rate', cell: ({ rate }) => formatRate(rate), value: ({ rate }) => rate },
    ],
    points,
  );
  return `<section aria-label="Throughput"><h2>Throughput</h2>${throughputChart(rates, binSeconds)}<details><summary>The same in numbers</summary>${numbers}</details></section>`;
};

const MAP_KEY =
  '<ul class="key"><li><span class="good">■</span> moved (the number: parts)</li><li><span class="warn">■ ↻</span> tried again</li>' +
  '<li><span class="bad">■ ×</span> failed</li><li><span class="soft">■ –</span> taken back, or skipped</li></ul>';

const mapSection = ({ cells, lines, retried }: ReportStats): string => {
  if (cells.length === 0) return '';
  const each =
    lines === cells.length
      ? 'one object'
      : `up to ${formatCount(Math.max(...cells.map((cell) => cell.lines)))} objects`;
  return `<section aria-label="Parts and retries"><h2>Parts and retries</h2><p class="soft">Each square is ${each} of ${formatCount(lines)}; ${formatCount(retried)} took more than one attempt.</p>${recordMap(cells)}${MAP_KEY}</section>`;
};

const failureSection = ({ failure }: RunReport, stats: ReportStats): string => {
  if (failure === null && stats.failures === 0) return '';
  const why =
    failure === null
      ? ''
      : `<pre>${escapeHtml(`${failure.code}: ${failure.message}`)}</pre><p>${escapeHtml(hintOf(failure.code))}</p>`;
  const codes = stats.codes.map(([code, count]) => `${escapeHtml(code)}: ${formatCount(count)}`).join(', ');
  return `<section aria-label="Failures"><h2>Failures</h2>${why}${stats.failures === 0 ? '' : `<p>${codes}</p>${failedTable(stats)}`}</section>`;
};

const cleanupSection = ({ cleanup }: RunReport, stats: ReportStats): string => {
  if (cleanup === null) return '';
  const { abortedUploads, deletedObjects, problems, moreProblems } = cleanup;
  const list = problems.map((problem) => `<li>${escapeHtml(problem)}</li>`).join('');
  const more = moreProblems > 0 ? `<li>and ${formatCount(moreProblems)} more</li>` : '';
  const left =
    problems.length === 0 ? '<p>Nothing stayed behind.</p>' : `<p class="bad">Not undone:</p><ul>${list}${more}</ul>`;
  return `<section aria-label="Compensation"><h2>What was taken back</h2>${facts([
    ['Uploads aborted', formatCount(abortedUploads)],
    ['Objects deleted', formatCount(deletedObjects)],
    ['Records taken back', formatCount(stats.aborted)],
  ])}${left}</section>`;
};

/** @param job as the title says it: `export`. */
export function reportHtml(report: RunReport, stats: ReportStats, job: string): string {
  const { run, project, outcome, target, totals, seconds, startedAt, finishedAt } = report;
  const rate = seconds > 0 ? formatRate(totals.bytes / seconds) : '-';
  const head = facts([
    ['Project', project],
    ['Target', target],
    ['Started', startedAt],
    ['Finished', finishedAt],
    ['Took', formatDuration(seconds * 1000)],
    [
      'Records',
      `${formatCount(totals.records)}, ${formatCount(totals.failed)} failed, ${formatCount(totals.skipped)} skipped`,
    ],
    ['Objects', formatCount(totals.objects)],
    ['Bytes', `${formatBytes(totals.bytes)}, ${rate}`],
    ['Sent again', formatBytes(totals.resentBytes)],
  ]);
  const slowest =
    stats.slowest.length === 0
      ? ''
      : `<section aria-label="Slowest"><h2>Slowest records</h2>${slowestTable(stats.slowest)}</section>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="referrer" content="no-referrer">
<title>${escapeHtml(`${run}: ${outcome}`)}</title><style>${STYLE}</style></head>
<body><header><h1>Longhaul ${job} <span class="soft">${escapeHtml(run)}</span></h1><span class="badge ${OUTCOME_CLASS[outcome]}">${outcome}</span><button type="button" id="theme" hidden>Dark or light</button></header>
<main>${head}${failureSection(report, stats)}${cleanupSection(report, stats)}${flowSection(stats)}${mapSection(stats)}${slowest}</main>
<script>${SCRIPT}</script></body></html>
`;
}
