import { EventMetrics } from '../../../src/ops/event-metrics';
import { processMetrics } from '../../../src/ops/process-metrics';

const ROUTE = { job: 'transferEvent', source: 'aws_s3', destination: 'gcp_gcs' };
const LABELS = 'job="transferEvent",source_provider="aws_s3",destination_provider="gcp_gcs"';
const OTHER = 'job="other",source_provider="other",destination_provider="other"';

const linesOf = async (metrics: EventMetrics): Promise<string[]> => (await metrics.prometheus()).split('\n');

test('a success counts, with its time and its size', async () => {
  const metrics = new EventMetrics();
  metrics.succeeded({ ...ROUTE, seconds: 59, bytes: 5_000 });
  metrics.succeeded({ ...ROUTE, seconds: 61, bytes: 7_000_000 });
  const lines = await linesOf(metrics);
  expect(lines).toEqual(
    expect.arrayContaining([
      '# TYPE transfer_success_total counter',
      `transfer_success_total{${LABELS}} 2`,
      '# TYPE transfer_duration_seconds histogram',
      // The bucket that the goal of 60 s is read from.
      `transfer_duration_seconds_bucket{le="60",${LABELS}} 1`,
      `transfer_duration_seconds_bucket{le="120",${LABELS}} 2`,
      `transfer_duration_seconds_sum{${LABELS}} 120`,
      '# TYPE transfer_bytes histogram',
      `transfer_bytes_sum{${LABELS}} 7005000`,
      `transfer_bytes_count{${LABELS}} 2`,
    ]),
  );
});

test('failures and retries count by code, the rest by what happened', async () => {
  const metrics = new EventMetrics();
  metrics.failed({ ...ROUTE, code: 'SourceNotFound' });
  metrics.retried({ ...ROUTE, code: 'SourceTruncated' });
  metrics.retried({ ...ROUTE, code: 'SourceTruncated' });
  metrics.duplicate();
  metrics.opened();
  metrics.opened();
  metrics.closed();
  metrics.deadLettered('SourceNotFound');
  metrics.setDlqDepth(7);
  expect(await linesOf(metrics)).toEqual(
    expect.arrayContaining([
      `transfer_failure_total{${LABELS},error_code="SourceNotFound"} 1`,
      '# TYPE retry_count counter',
      `retry_count{${LABELS},error_code="SourceTruncated"} 2`,
      'transfer_duplicates_total 1',
      'transfer_open 1',
      'dead_letters_total{error_code="SourceNotFound"} 1',
      'dlq_depth{queue="sqs"} 7',
    ]),
  );
});

test('what strangers put into messages makes no new series', async () => {
  const metrics = new EventMetrics();
  for (let i = 0; i < 50; i += 1) {
    const route = { job: `job-${i}`, source: `store-${i}`, destination: `store-${i}` };
    metrics.succeeded({ ...route, seconds: 1, bytes: 1 });
    metrics.failed({ ...route, code: `Code${i}` });
    metrics.retried({ ...route, code: 'constructor' });
    metrics.deadLettered(`Code${i}`);
  }
  const lines = await linesOf(metrics);
  expect(lines).toContain(`transfer_success_total{${OTHER}} 50`);
  expect(lines).toContain(`transfer_failure_total{${OTHER},error_code="other"} 50`);
  expect(lines.join('\n')).not.toMatch(/store-|job-|Code\d|constructor/);
});

test('series that alerts need are there before the first event; the depth of an unasked queue is not', async () => {
  const lines = await linesOf(new EventMetrics());
  expect(lines).toContain(`transfer_success_total{${LABELS}} 0`);
  expect(lines).toContain(`transfer_failure_total{${LABELS},error_code="SourceNotFound"} 0`);
  expect(lines).toContain(`transfer_duration_seconds_bucket{le="+Inf",${LABELS}} 0`);
  expect(lines.filter((line) => line.startsWith('dlq_depth'))).toEqual([]);
});

test('/metrics holds all three registries, and no metric twice', async () => {
  const text = await processMetrics(true);
  expect(text).toContain('\nlonghaul_transfer_bytes_total 0\n');
  expect(text).toContain('\ntransfer_duplicates_total 0\n');
  expect(text).toContain('\nlonghaul_ready 1\n');
  expect(text).toContain('\nprocess_resident_memory_bytes ');
  const types = text.split('\n').filter((line) => line.startsWith('# TYPE '));
  expect(new Set(types).size).toBe(types.length);
  expect(await processMetrics(false)).toContain('\nlonghaul_ready 0\n');
});
