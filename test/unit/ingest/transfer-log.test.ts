import {
  avgMbps,
  INGEST_LOG_LEVELS_OF,
  planLine,
  progressOf,
  type IngestLogLine,
} from '../../../src/ingest/log-events';
import { TransferLog } from '../../../src/ingest/transfer-log';

const rig = (): { log: TransferLog; lines: IngestLogLine[]; clock: { ms: number } } => {
  const lines: IngestLogLine[] = [];
  const clock = { ms: 1_000 };
  const write = (line: IngestLogLine): void => void lines.push(line);
  return { log: new TransferLog({ url: 'https://h/a', s3Key: 'k', write, nowMs: () => clock.ms }), lines, clock };
};

test('a multipart transfer in the names that operators know', () => {
  const { log, lines, clock } = rig();
  log.start(100);
  log.listen({ kind: 'upload_begin_start' });
  log.listen({ kind: 'upload_begin_done', uploadId: 'u', isAdopted: false });
  log.listen({ kind: 'part_start', number: 1, bytes: 100 });
  log.listen({ kind: 'part_done', number: 1, bytes: 100 });
  log.listen({ kind: 'complete_start', uploadId: 'u', parts: 1 });
  log.listen({ kind: 'complete_done', uploadId: 'u', parts: 1, bytes: 100 });
  clock.ms += 2_000;
  log.complete(1_000_000);
  expect(lines.map(({ event, fields }) => [event, fields])).toEqual([
    ['file_download_start', { url: 'https://h/a', s3_key: 'k', expected: 100 }],
    ['multipart_create_start', { s3_key: 'k' }],
    ['multipart_create_complete', { s3_key: 'k', upload_id: 'u' }],
    ['part_upload_start', { s3_key: 'k', part: 1, bytes: 100 }],
    ['part_upload_complete', { s3_key: 'k', part: 1, bytes: 100 }],
    ['multipart_create_done', { s3_key: 'k', parts: 1 }],
    ['file_complete', { s3_key: 'k', bytes: 1_000_000, elapsed_ms: 2_000, avg_mbps: 4 }],
  ]);
  for (const { event, level } of lines) expect(level).toBe(INGEST_LOG_LEVELS_OF[event]);
});

test('an empty, a skipped and a failed file', () => {
  const { log, lines } = rig();
  log.complete(0);
  log.skipped();
  log.failed('gone', 'SourceNotFound');
  log.listen({ kind: 'abort_start', uploadId: 'u' });
  log.listen({ kind: 'abort_done', uploadId: 'u', wasThere: true });
  expect(lines.map(({ event }) => event)).toEqual([
    'file_complete_zero',
    'file_skipped',
    'file_error',
    'multipart_abort_start',
    'multipart_abort_done',
  ]);
  expect(lines[2]).toMatchObject({
    level: 'ERROR',
    fields: { url: 'https://h/a', error: 'gone', code: 'SourceNotFound' },
  });
});

test('progress: the first, each ten percent, and every five seconds', () => {
  const { log, lines, clock } = rig();
  for (let bytes = 1; bytes <= 1_000; bytes += 1) log.listen({ kind: 'progress', bytes, expectedBytes: 1_000 });
  expect(lines.map(({ fields }) => fields)).toEqual(
    [1, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1_000].map((bytes) => ({
      s3_key: 'k',
      bytes,
      expected: 1_000,
      percent: Math.floor(bytes / 10),
    })),
  );
  clock.ms += 5_000;
  log.listen({ kind: 'progress', bytes: 10, expectedBytes: 1_000 });
  expect(lines).toHaveLength(12);
});

test('without a declared length: no percent, and a line now and then', () => {
  const { log, lines, clock } = rig();
  for (let n = 1; n <= 100; n += 1) {
    log.listen({ kind: 'progress', bytes: n, expectedBytes: null });
    clock.ms += 100;
  }
  expect(lines.map(({ fields }) => fields)).toEqual([
    { s3_key: 'k', bytes: 1 },
    { s3_key: 'k', bytes: 51 },
  ]);
});

test('percent is rounded down and never claims what is not so', () => {
  expect(progressOf(999, 1_000).percent).toBe(99);
  expect(progressOf(1_001, 1_000)).not.toHaveProperty('percent');
  expect(progressOf(0, 0)).not.toHaveProperty('percent');
  expect(avgMbps(1_000, 0)).toBe(8);
});

test('a long plan is logged without its files', () => {
  const records = Array.from({ length: 101 }, () => ({ source: 's', key: 'k' }));
  expect(planLine('r', '2025-08-26', records).fields).toMatchObject({ total_files: 101, files: [] });
  expect(planLine('r', '2025-08-26', records.slice(1)).fields.files).toHaveLength(100);
});
