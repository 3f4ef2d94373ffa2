import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { transferJob } from '../../../src/client/lib/job/transfer';
import { eventOf } from '../../../src/client/lib/start/transfer';
import { runCli } from './run-cli';

const SOURCE = 's3://data/2024/in file.parquet';
const DESTINATION = 'gs://lake/in.parquet';

test('the command line becomes an event', () => {
  const event = eventOf({
    source: SOURCE,
    destination: DESTINATION,
    sourceRegion: 'eu-west-1',
    destinationRegion: 'europe-west1',
    sha256: 'ab'.repeat(32),
    contentType: 'text/csv',
    ifAbsent: true,
    readBack: true,
    maxRetries: 5,
    priority: 'high',
    wait: true,
  });
  expect(event).toMatchObject({
    schemaVersion: '1.0.0',
    source: { provider: 'aws_s3', bucket: 'data', key: '2024/in file.parquet', region: 'eu-west-1' },
    destination: { provider: 'gcp_gcs', bucket: 'lake', key: 'in.parquet', region: 'europe-west1' },
    metadata: {
      contentType: 'text/csv',
      checksumSHA256: 'ab'.repeat(32),
      maxRetries: 5,
      priority: 'high',
      ifExists: 'ifAbsent',
      verify: 'read-back',
    },
  });
  const bare = eventOf({ source: SOURCE, destination: DESTINATION, wait: true });
  expect(bare.metadata).toBeUndefined();
  expect(bare.eventId).not.toBe(event.eventId);
});

test.each([
  [['--source', 'data/key', '--destination', DESTINATION], /--source: expected s3:/],
  [['--source', SOURCE, '--destination', SOURCE], /must not be the source itself/],
  [['--source', SOURCE, '--destination', DESTINATION, '--sha256', 'abc'], /checksumSHA256 must be 64/],
  [['--source', SOURCE, '--destination', DESTINATION, '--event-id', 'mine'], /eventId must be a UUID/],
  [['--source', SOURCE, '--destination', DESTINATION, '--max-retries', '11'], /--max-retries: expected/],
])('longhaul transfer %j is refused before anything is contacted', async (argv, message) => {
  const { exitCode, stderr } = await runCli('transfer', ...argv);
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(message);
});

test('event validate names everything that is wrong, and what a valid event means', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'longhaul-event-'));
  try {
    const file = path.join(folder, 'event.json');
    const event = eventOf({ source: SOURCE, destination: DESTINATION, wait: true });
    writeFileSync(file, JSON.stringify(event));
    const valid = await runCli('event', 'validate', file);
    expect(valid).toMatchObject({ exitCode: 0, stderr: '' });
    expect(valid.stdout).toContain(`transfer-event/${event.eventId}`);
    writeFileSync(file, JSON.stringify({ ...event, schemaVersion: '2.0', timestamp: undefined }));
    const wrong = await runCli('event', 'validate', file, '--json');
    expect(wrong.exitCode).toBe(2);
    expect(JSON.parse(wrong.stderr)).toMatchObject({
      error: {
        code: 'EventInvalid',
        message: expect.stringMatching(/schemaVersion must be 1\.x.*timestamp is missing/) as string,
      },
    });
    expect(await runCli('event', 'validate', path.join(folder, 'none'))).toMatchObject({ exitCode: 2 });
    // Standard input of this test is empty.
    expect((await runCli('event', 'validate', '-')).stderr).toContain('not JSON');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the result reads like a sentence or two', () => {
  const text = transferJob.resultText('transfer-event/x', {
    eventId: 'x',
    correlationId: 'y',
    source: SOURCE,
    destination: DESTINATION,
    bytes: 3 * 2 ** 20,
    parts: 1,
    resentBytes: 0,
    verified: 'sha256',
    checksums: { sha256: 'ab'.repeat(32) },
    stored: {},
    seconds: 1.5,
    attempts: 2,
  });
  expect(text).toContain('bytes      3.0 MiB in 1.5 s, 2.0 MiB/s');
  expect(text).toContain('verified   by sha256');
  expect(text).toContain('tries      2 attempts');
});
