import { COLOURED, widthOf } from '../../../src/client/lib/print/terminal';
import { statusText } from '../../../src/client/lib/follow/progress-text';
import type { InFlight } from '../../../src/client/lib/run/details';
import { RateMeter, watchBlock, wayText } from '../../../src/client/lib/follow/watch-screen';
import { PLAIN } from '../../../src/client/lib/print/terminal';
import { ERRORS } from '../../../src/model/errors';
import { emptyTotals } from '../../../src/model/records';
import { progressOf } from './progress';

const now = new Date('2026-01-31T09:31:05.000Z');
const wide = { width: 200, now };
const MIB = 1024 ** 2;
const transfer = (changes: Partial<InFlight> = {}): InFlight => ({
  n: 12,
  activity: 'transferParts',
  bytes: 64 * MIB,
  sizeBytes: 256 * MIB,
  attempt: 1,
  lastError: null,
  ...changes,
});

it('shows the stages, records, bytes, both rates, ETA, workers, and what is in flight', () => {
  expect(watchBlock(progressOf(), [transfer()], { ...wide, rate: 61 * MIB })).toEqual([
    'export-project_01-nightly  moving records · project project_01',
    'preparing ✓  exporting ✓  listing ✓  ▸ transferring  publishing  reporting',
    '[██████░░░░░░░░░░░░░░░░░░] 25%  375/1,500 records',
    '3.1 GiB · 51.0 MiB/s · now 61.0 MiB/s · ETA 3 min 15 s · elapsed 1 min 05 s',
    '16 workers: 16 in flight',
    '  #12     [████░░░░░░░░░░░░] 64.0 MiB of 256 MiB',
  ]);
});

it('shows the export while it is waited for', () => {
  const waiting = progressOf({
    stage: 'exporting',
    exportStatus: 'PROCESSING',
    nextPollAt: '2026-01-31T09:31:20.000Z',
    recordsTotal: null,
    totals: emptyTotals(),
    bytesPerSec: 0,
    etaMs: null,
    inFlight: 0,
  });
  expect(watchBlock(waiting, [], wide).slice(1)).toEqual([
    'preparing ✓  ▸ exporting  listing  transferring  publishing  reporting',
    'export exp-1, PROCESSING, 3 polls, next in 15 s',
    '0 B · elapsed 1 min 05 s',
    '16 workers: 0 in flight',
  ]);
});

it('shows retries with their reason, the last failures with what to do, and the commands that help', () => {
  const failures = [1, 2, 3, 4].map((n) => ({
    n,
    source: `https://e.com/${n}`,
    code: 'SourceNotFound',
    message: 'gone',
  }));
  const parked = progressOf({ stage: 'parked', failures, commands: ['longhaul retry-failed r', 'longhaul abort r'] });
  const block = watchBlock(parked, [transfer({ attempt: 4, lastError: 'connection reset' })], wide);
  const text = block.join('\n');
  expect(text).toContain('attempt 4: connection reset');
  expect(text).not.toContain('failed #1 ');
  expect(text).toContain(`failed #4 https://e.com/4: gone [SourceNotFound]\n    ${ERRORS.SourceNotFound.hint}`);
  expect(block.slice(-2)).toEqual(['you can  longhaul retry-failed r', '         longhaul abort r']);
});

it('says of a failed record what has been ordered and has to wait, here and in status', () => {
  const failure = { n: 1, source: 's3://b/k', code: 'CredentialsExpired', message: 'expired' };
  const progress = progressOf({ failures: [{ ...failure, ordered: 'retry' }] });
  const ordered = ': expired [CredentialsExpired] (retry ordered: once it is taken back)';
  expect(watchBlock(progress, [], wide)).toContain(`  failed #1 s3://b/k${ordered}`);
  expect(statusText(progress, 'RUNNING', [])).toContain(`failed     #1 s3://b/k${ordered}\n`);
  expect(watchBlock(progressOf({ failures: [failure] }), [], wide).join()).not.toContain('ordered');
});

it('stays small however much is in flight; every line fits, with colours and wide characters too', () => {
  const many = Array.from({ length: 40 }, (_, n) => transfer({ n, attempt: 2, lastError: '転送'.repeat(200) }));
  for (const width of [20, 40, 80]) {
    const block = watchBlock(progressOf(), many, { width, now, style: COLOURED });
    expect(block).toHaveLength(5 + 6 + 1);
    expect(block.at(-1)).toMatch(/^ {2}and 34 more/);
    expect(Math.max(...block.map(widthOf))).toBeLessThan(width);
    // Every colour that is opened is closed on its line.
    for (const line of block) expect(line.split('\u001b[0m').length).toBe((line.split('\u001b[').length + 1) / 2);
  }
});

it('what others have named cannot move the cursor', () => {
  const failures = [{ n: 1, source: 's3://b/\u001b[2J\u001b]0;x\u0007k', code: 'Internal', message: 'a\nb\r\u0007' }];
  const block = watchBlock(progressOf({ failures }), [transfer({ attempt: 2, lastError: '\u001b[1Aup\n' })], wide);
  // eslint-disable-next-line no-control-regex -- what must not be there.
  expect(block.join('')).not.toMatch(/[\u0000-\u001f]/);
  expect(block.join('\n')).toContain('failed #1 s3://b/');
});

it('copes with a run without records, and with a source without length', () => {
  const empty = watchBlock(progressOf({ recordsTotal: 0, totals: emptyTotals() }), [], wide);
  expect(empty.join('\n')).not.toMatch(/NaN|undefined/);
  expect(watchBlock(progressOf(), [transfer({ n: null, sizeBytes: null })], wide).at(-1)).toBe(
    '  transferParts 64.0 MiB',
  );
});

describe('the way of a run', () => {
  it('has no stage that the job does not have', () => {
    const ingest = progressOf({ job: 'ingestUrls', publish: 'direct', stage: 'listing' });
    expect(wayText(ingest, PLAIN)).toBe('preparing ✓  ▸ listing  transferring  reporting');
    expect(wayText(progressOf({ stage: 'done' }), PLAIN)).not.toContain('▸');
    expect(wayText(progressOf({ stage: 'cleaning' }), PLAIN)).toBe('cleaning');
  });
});

it('the rate is that of the last seconds, and begins anew where bytes go back', () => {
  const meter = new RateMeter(10_000);
  expect(meter.add(0, 0)).toBeUndefined();
  expect(meter.add(MIB, 500)).toBeUndefined();
  expect(meter.add(10 * MIB, 2_000)).toBe(5 * MIB);
  expect(meter.add(10 * MIB, 30_000)).toBe(0);
  expect(meter.add(0, 31_000)).toBeUndefined();
  expect(meter.add(2 * MIB, 33_000)).toBe(MIB);
});
