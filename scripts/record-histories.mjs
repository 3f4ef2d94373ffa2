#!/usr/bin/env node
/**
 * Records the histories that test/replay replays: real runs of every job, on real servers, in each state that a run
 * in production may be in when a new version of the workflows is deployed. `npm run record:histories` writes all of them
 * anew to test/replay/histories; commit them only where the old ones are no longer in flight anywhere. Those named
 * `children-…` are of runs from before batches opened their URL records (docs/decisions/0019), and `order-lost` is of one from before batches
 * kept orders about records that were being taken back; no code records these any more.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { homedir, hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { build } from './build.mjs';
import { REPOSITORY_ROOT, failSetUp, setUp } from './setup.mjs';

await setUp().catch(failSetUp);
await build().catch(failSetUp);
const require = createRequire(import.meta.url);
const { Client, Connection } = require('@temporalio/client');
const dist = (name) => require(join(REPOSITORY_ROOT, 'dist', name));
const { startStack } = dist('dev/stack.js');
const { generatedFile } = dist('dev/export-api/index.js');
const { ensureBucket, s3ClientFor } = dist('dev/s3-client.js');
const { sampleConfig, writeProjectConfig } = dist('dev/sample-config.js');
const { putAll, SAMPLE_TARGET_BUCKET } = dist('dev/seed.js');
const { SAMPLE_PROJECT_ID, SAMPLE_RAW_FILE_ID } = dist('dev/sample-restore.js');
const { toolPaths } = dist('dev/tools.js');
const { temporal } = await toolPaths();

const FOLDER = join(REPOSITORY_ROOT, 'test', 'replay', 'histories');
const MIB = 2 ** 20;
const BUCKET = 'replay-target';
const HOST = `@${hostname()}`;
/** With the beginning of our folders' names: keys of staged chunks hold `/tmp/` too. */
const TEMPORARY = join(tmpdir(), 'longhaul-');
const TIMEOUT_MS = 60_000;
const MAX_FILE_BYTES = 300_000;

const small = (n) => generatedFile('asset', `part-${n}.parquet`, 1_000 + n, n);
/** More than one part, so that the record needs its second activity. */
const LARGE = generatedFile('asset_vulnerability', 'large.parquet', 12 * MIB, 99);
const SLOW = { path: 'large.parquet', bytesPerSec: MIB, always: true };
const MISSING = { path: 'part-1.parquet', status: 404, always: true };

const until = async (what, probe) => {
  for (const deadline = Date.now() + TIMEOUT_MS; Date.now() < deadline; await sleep(50)) {
    const value = await probe();
    if (value) return value;
  }
  throw new Error(`waited ${TIMEOUT_MS / 1000} s for ${what}`);
};

/** What tells where and when it was recorded, and says nothing to a replay. */
const anonymous = (dataDir) => (key, value) => {
  if (key === 'stackTrace') return '';
  // A payload: restores write to a folder of the stack.
  if (key === 'data' && typeof value === 'string') {
    const text = Buffer.from(value, 'base64').toString();
    return text.includes(dataDir) ? Buffer.from(text.replaceAll(dataDir, '/data')).toString('base64') : value;
  }
  if (typeof value !== 'string') return value;
  // Of identities and sticky queues: process id and host name. Of failures: the paths of files.
  return value.includes(HOST) ? 'worker@host' : value.replaceAll(dataDir, '/data');
};

class Recorder {
  constructor(stack, client) {
    this.stack = stack;
    this.client = client;
    this.secrets = [stack.s3.secretAccessKey, stack.exportApi.apiKey, REPOSITORY_ROOT, homedir(), TEMPORARY, HOST];
  }

  /** Starts a run of a project of its own; its id is the state's name. */
  async start(state, { files, faults = [], statuses = [], overrides = {}, prefixes = [] }) {
    const { exportApi, configDir, s3 } = this.stack;
    exportApi.faults.clear();
    exportApi.setFiles('vulnerability', files);
    exportApi.setPrefixes('vulnerability', prefixes);
    for (const fault of faults) exportApi.faults.file(fault);
    if (statuses.length > 0) exportApi.faults.statuses('vulnerability', statuses);
    const config = sampleConfig({ s3, exportApi }, BUCKET, {
      ...overrides,
      api_: { poll_interval_sec: 0.2, ...overrides.api_ },
      aws: { target_prefix: state, max_workers: 2, part_size_mb: 5, ...overrides.aws },
      transfer: { page_records: 2, ...overrides.transfer },
    });
    writeProjectConfig(configDir, state, config);
    return this.client.workflow.start('exportToS3', {
      taskQueue: 'longhaul',
      workflowId: state,
      args: [{ project: state, runId: state }],
    });
  }

  /** A run of another job over the stack's sample; its id is the state's name. */
  startSample = (type, state, input, taskQueue = 'longhaul') =>
    this.client.workflow.start(type, { taskQueue, workflowId: state, args: [input] });

  /** Writes `<workflow type>.<state>.json`. */
  async save(type, state, workflowId, runId) {
    const run = ['--workflow-id', workflowId, ...(runId === undefined ? [] : ['--run-id', runId])];
    const server = ['--address', this.stack.temporal.address, '--output', 'json'];
    const shown = await promisify(execFile)(temporal, ['workflow', 'show', ...run, ...server], { maxBuffer: 64 * MIB });
    const history = JSON.parse(shown.stdout);
    // One event a line, for diffs.
    const json = `{"events":[\n${history.events.map((event) => JSON.stringify(event, anonymous(this.stack.dataDir))).join(',\n')}\n]}`;
    const payloads = [...json.matchAll(/"data":"([^"]*)"/g)].map(([, data]) => Buffer.from(data, 'base64').toString());
    const found = this.secrets.find(
      (secret) => json.includes(secret) || payloads.some((text) => text.includes(secret)),
    );
    if (found !== undefined) throw new Error(`the history of ${workflowId} holds ${found}`);
    if (json.length > MAX_FILE_BYTES) throw new Error(`the history of ${workflowId} is ${json.length} bytes`);
    writeFileSync(join(FOLDER, `${type}.${state}.json`), `${json}\n`);
    process.stdout.write(`${type}.${state}: ${history.events.length} events\n`);
  }

  /** The run, its first batch, and the records that are named. */
  async saveTree(state, records, workflowId = state) {
    await this.save('exportToS3', state, workflowId);
    await this.save('transferBatch', state, `${workflowId}/batch/0`);
    for (const [n, what] of Object.entries(records))
      await this.save('transferRecord', `${state}-${what}`, `${workflowId}/record/${n}`);
  }

  /** Waits until the run's progress fits. */
  shows = (handle, what, fits) =>
    until(what, async () => {
      const progress = await handle.query('progress').catch(() => null);
      return progress !== null && fits(progress);
    });
  partsMoving = (handle) =>
    until('a part in flight', async () => {
      const record = await this.client.workflow
        .getHandle(`${handle.workflowId}/record/0`)
        .fetchHistory()
        .catch(() => null);
      return record?.events.some((e) => e.activityTaskScheduledEventAttributes?.activityType.name === 'transferParts');
    });
}

/** However it ends. */
const ended = (handle) => handle.result().catch(() => undefined);

/** With the S3 server away a run stays where it is while it is recorded. */
const stuck = (goOn) => async (recorder, state) => {
  const { s3 } = recorder.stack;
  const faults = [{ path: 'part-2.parquet', delayMs: 3_000 }];
  const handle = await recorder.start(state, { files: [small(0), small(1), small(2)], faults });
  await recorder.shows(handle, 'the last record', ({ totals }) => totals.records === 2);
  // So that it does not publish before the server is away.
  await handle.executeUpdate('pause');
  await recorder.shows(
    handle,
    'no batch',
    ({ totals, runningBatches }) => totals.records === 3 && !runningBatches.length,
  );
  await s3.kill();
  await goOn(handle);
  await recorder.shows(handle, state, ({ stage }) => stage === state);
  await recorder.save('exportToS3', state, state);
  await s3.restart();
  await handle.result().catch(() => undefined);
};

/** With the S3 server away what a failed record has begun cannot be taken back, so that an order about it has to wait. */
const orderedWhileTakenBack = async (recorder, state) => {
  const { s3 } = recorder.stack;
  const overrides = { transfer: { on_error: 'wait' } };
  const faults = [{ ...MISSING, delayMs: 3_000 }];
  const handle = await recorder.start(state, { files: [small(0), small(1)], faults, overrides });
  await recorder.shows(handle, 'the other record', ({ totals }) => totals.records === 1);
  await s3.kill();
  await recorder.shows(handle, 'the failure', ({ failures }) => failures.length === 1);
  await handle.executeUpdate('retryFailed', { args: [{}] });
  await s3.restart();
  await recorder.shows(handle, 'parked', ({ stage }) => stage === 'parked');
  await handle.executeUpdate('skipRecord', { args: [{ record: 1 }] });
  await handle.result();
  await recorder.saveTree(state, {});
};

/** A run id per state; each leaves its histories as it was in the state, and then ends. */
const STATES = {
  exporting: async (recorder, state) => {
    const statuses = ['PENDING', 'PENDING', 'PENDING', 'IN_PROGRESS', 'SUCCEEDED'];
    const handle = await recorder.start(state, { files: [small(0)], statuses });
    await recorder.shows(handle, 'two polls', ({ polls }) => polls >= 2);
    await recorder.save('exportToS3', state, state);
    await handle.result();
  },
  'succeeded-atomic': async (recorder, state) => {
    const prefixes = ['s3://replay-source/exports'];
    const handle = await recorder.start(state, { files: [LARGE, small(1), small(2)], prefixes });
    await handle.result();
    await recorder.saveTree(state, { 0: 'large' });
    await recorder.save('transferRecord', `${state}-prefix`, `${state}/record/3`);
    await recorder.save('holdTarget', state, `longhaul-target/${BUCKET}/${state}`);
  },
  'succeeded-direct': async (recorder, state) => {
    const handle = await recorder.start(state, { files: [LARGE, small(1)], overrides: { aws: { publish: 'direct' } } });
    await handle.result();
    await recorder.saveTree(state, { 0: 'large' });
  },
  transferring: async (recorder, state) => {
    const handle = await recorder.start(state, { files: [LARGE, small(1), small(2), small(3)], faults: [SLOW] });
    await recorder.partsMoving(handle);
    await handle.executeUpdate('setMaxWorkers', { args: [{ maxWorkers: 1 }] });
    await handle.executeUpdate('pause');
    await recorder.saveTree(state, { 0: 'large' });
    await handle.cancel();
    await handle.result().catch(() => undefined);
    await recorder.saveTree('cancelled', { 0: 'large' }, state);
  },
  'parked-then-finished': async (recorder, state) => {
    const overrides = { transfer: { on_error: 'wait' } };
    const handle = await recorder.start(state, { files: [small(0), small(1), small(2)], faults: [MISSING], overrides });
    await recorder.shows(handle, 'parked', ({ stage }) => stage === 'parked');
    await recorder.save('exportToS3', 'parked', state);
    await recorder.save('transferBatch', 'parked', `${state}/batch/0`);
    await handle.executeUpdate('retryFailed', { args: [{}] });
    await recorder.shows(handle, 'the retry', ({ failures }) => failures.length === 0);
    await recorder.shows(handle, 'parked', ({ stage }) => stage === 'parked');
    await handle.executeUpdate('skipRecord', { args: [{ record: 1 }] });
    await handle.result();
    await recorder.saveTree(state, {});
  },
  'order-kept': orderedWhileTakenBack,
  /** A limit of bytes per second by config.json, another by an operator, and none: the run tells each in its memo. */
  'rate-limited': async (recorder, state) => {
    const overrides = { transfer: { max_bytes_per_sec: 2 * MIB } };
    const handle = await recorder.start(state, { files: [LARGE, small(1), small(2)], overrides });
    const limit = (maxBytesPerSec) => handle.executeUpdate('setMaxBytesPerSec', { args: [{ maxBytesPerSec }] });
    await recorder.partsMoving(handle);
    await limit(4 * MIB);
    await recorder.saveTree(state, { 0: 'large' });
    await limit(null);
    await handle.result();
    await recorder.save('exportToS3', `${state}-finished`, state);
  },
  'failed-cleaned': async (recorder, state) => {
    const handle = await recorder.start(state, { files: [LARGE, small(1), small(2)], faults: [SLOW, MISSING] });
    await handle.result().catch(() => undefined);
    await recorder.saveTree(state, {});
  },
  publishing: stuck((handle) => handle.executeUpdate('resume')),
  cleaning: stuck((handle) => handle.executeUpdate('abort', { args: [{ reason: 'recorded for the replay test' }] })),
  aborted: async (recorder, state) => {
    const handle = await recorder.start(state, { files: [LARGE, small(1)], faults: [SLOW] });
    await recorder.partsMoving(handle);
    await handle.executeUpdate('abort', { args: [{ reason: 'recorded for the replay test' }] });
    await handle.result().catch(() => undefined);
    await recorder.saveTree(state, {});
  },
};

/** The executions of a run of many pages that has ended, oldest first. */
const continuedRuns = async (recorder, state, order = () => undefined) => {
  const files = Array.from({ length: 14 }, (_, n) => small(n));
  const overrides = { transfer: { page_records: 1 }, aws: { max_workers: 1 } };
  const handle = await recorder.start(state, { files, overrides });
  await order(handle);
  await handle.result();
  const runs = [];
  for await (const run of recorder.client.workflow.list({ query: `WorkflowId = '${state}'` })) runs.push(run);
  runs.sort((a, b) => a.startTime - b.startTime);
  if (runs.length < 3) throw new Error(`the run continued as new ${runs.length - 1} times; two or more are wanted`);
  return runs;
};

/** Needs a server that suggests to continue as new after a few events. */
const CONTINUED = {
  continued: async (recorder, state) => {
    const runs = await continuedRuns(recorder, state);
    for (const [n, name] of [
      [0, 'first'],
      [1, 'middle'],
      [runs.length - 1, 'last'],
    ])
      await recorder.save('exportToS3', `continued-${name}`, state, runs[n].runId);
  },
  /** What an operator has limited before the settings were known goes along. */
  'rate-continued': async (recorder, state) => {
    const order = (handle) => handle.executeUpdate('setMaxBytesPerSec', { args: [{ maxBytesPerSec: 4 * MIB }] });
    const runs = await continuedRuns(recorder, state, order);
    for (const [n, name] of [
      [0, 'first'],
      [1, 'middle'],
    ])
      await recorder.save('exportToS3', `rate-continued-${name}`, state, runs[n].runId);
  },
};

/** The other jobs, over what the embedded stack has as samples. */
const SAMPLES = {
  ingested: async (recorder, state) => {
    await recorder.startSample('ingestUrls', state, { bucket: SAMPLE_TARGET_BUCKET, runId: state }).then(ended);
    await recorder.save('ingestUrls', state, state);
    await recorder.save('transferBatch', state, `${state}/batch/0`);
  },
  restored: async (recorder, state) => {
    await recorder.startSample('restoreFiles', state, { raw_file_id: SAMPLE_RAW_FILE_ID, runId: state }).then(ended);
    await recorder.save('restoreFiles', state, state);
    await recorder.save('transferBatch', state, `${state}/batch/0`);
  },
  /** Only a file that its batch cannot restore has a record workflow: here a directory is in its place. */
  'restore-failed': async (recorder, state) => {
    const folder = join(recorder.stack.dataDir, 'restored', SAMPLE_PROJECT_ID);
    rmSync(folder, { recursive: true, force: true });
    for (const file of ['sample.raw', 'sample.d/airports.csv', 'sample.d/stocks.csv'])
      mkdirSync(join(folder, file), { recursive: true });
    await recorder.startSample('restoreFiles', state, { raw_file_id: SAMPLE_RAW_FILE_ID, runId: state }).then(ended);
    rmSync(folder, { recursive: true });
    await recorder.save('restoreFiles', state, state);
    await recorder.save('transferBatch', state, `${state}/batch/0`);
    await recorder.save('transferRecord', state, `${state}/record/0`);
  },
  'restored-many': async (recorder, state) => {
    const input = { raw_file_ids: [SAMPLE_RAW_FILE_ID, 'not-in-the-catalogue'], runId: state };
    await recorder.startSample('restoreFiles', state, input).then(ended);
    await recorder.save('restoreFiles', state, state);
  },
  loaded: async (recorder, state) => {
    const path = `s3://${SAMPLE_TARGET_BUCKET}/load/entity/`;
    await recorder.startSample('loadToPostgres', state, { load_type: 'full', data_set: 'entity', path, runId: state });
    await ended(recorder.client.workflow.getHandle(state));
    await recorder.save('loadToPostgres', state, state);
    await recorder.save('transferBatch', state, `${state}/batch/0`);
    await recorder.save('transferRecord', state, `${state}/record/0`);
  },
  'load-failed': async (recorder, state) => {
    const header = 'iata,name,city,state,country,latitude,longitude';
    const s3 = s3ClientFor(recorder.stack.s3, recorder.stack.s3);
    const object = { key: 'load/bad/airports.csv', body: `${header}\nX,x,x,x,x,north,1\n` };
    await putAll(s3, SAMPLE_TARGET_BUCKET, [object]).finally(() => s3.destroy());
    const path = `s3://${SAMPLE_TARGET_BUCKET}/load/bad/`;
    await recorder.startSample('loadToPostgres', state, { load_type: 'delta', data_set: 'entity', path, runId: state });
    await ended(recorder.client.workflow.getHandle(state));
    await recorder.save('loadToPostgres', state, state);
    await recorder.save('transferRecord', state, `${state}/record/0`);
  },
};

const EVENT_BUCKET = 'replay-source';
const eventOf = (n, key, metadata = {}) => ({
  schemaVersion: '1.0.0',
  eventId: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
  correlationId: '00000000-0000-4000-8000-000000000000',
  timestamp: '2026-01-01T00:00:00Z',
  source: { provider: 'aws_s3', bucket: EVENT_BUCKET, key, region: 'us-east-1' },
  destination: { provider: 'aws_s3', bucket: BUCKET, key: `events/${n}`, region: 'us-east-1' },
  metadata,
});

/** A queue that takes everything: what the workflow has to do with it is one activity. */
const takingQueue = async () => {
  const server = createServer(async (request, response) => {
    const chunks = await request.toArray();
    const { MessageBody } = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    const MD5OfMessageBody = createHash('md5').update(MessageBody).digest('hex');
    response.setHeader('content-type', 'application/x-amz-json-1.0');
    response.end(JSON.stringify({ MessageId: '1', MD5OfMessageBody }));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, queueUrl: `http://127.0.0.1:${server.address().port}/000000000000/replay` };
};

/** Where the bridge starts events: small objects move within the workflow task. `moved-small` is the other queue. */
const MOVING_QUEUE = 'longhaul-transfer';

/** transferEvent, from a bucket of the stack to another. */
const EVENTS = {
  'moved-at-once': async (recorder, state) => {
    await recorder.startSample('transferEvent', state, eventOf(6, 'exports/part-1.csv'), MOVING_QUEUE).then(ended);
    await recorder.save('transferEvent', state, state);
  },
  'moved-small': async (recorder, state) => {
    await recorder.startSample('transferEvent', state, eventOf(1, 'exports/part-1.csv')).then(ended);
    await recorder.save('transferEvent', state, state);
  },
  'moved-large': async (recorder, state) => {
    await recorder.startSample('transferEvent', state, { event: eventOf(2, 'large.bin') }, MOVING_QUEUE).then(ended);
    await recorder.save('transferEvent', state, state);
  },
  failed: async (recorder, state) => {
    await recorder.startSample('transferEvent', state, eventOf(3, 'missing'), MOVING_QUEUE).then(ended);
    await recorder.save('transferEvent', state, state);
  },
  'dead-lettered': async (recorder, state) => {
    const { server, queueUrl } = await takingQueue();
    const deadLetter = { kind: 'sqs', queueUrl, region: 'us-east-1' };
    await recorder
      .startSample('transferEvent', state, { event: eventOf(4, 'missing'), deadLetter }, MOVING_QUEUE)
      .then(ended);
    server.closeAllConnections();
    server.close();
    await recorder.save('transferEvent', state, state);
  },
  'moving-large': async (recorder, state) => {
    const { s3 } = recorder.stack;
    const handle = await recorder.startSample(
      'transferEvent',
      state,
      eventOf(5, 'large.bin', { maxRetries: 10 }),
      MOVING_QUEUE,
    );
    await until('the parts', async () => {
      const { events } = await handle.fetchHistory();
      return events.some((e) => e.activityTaskScheduledEventAttributes?.activityType.name === 'moveObjectParts');
    });
    // With the S3 server away it stays where it is while it is recorded.
    await s3.kill();
    await recorder.save('transferEvent', state, state);
    await handle.cancel();
    await s3.restart();
    await ended(handle);
    await recorder.save('transferEvent', 'cancelled-large', state);
  },
};

const record = async (states, temporalDynamicConfig, sampleData = false) => {
  const stack = await startStack({
    sampleData,
    worker: true,
    postgres: sampleData,
    temporalDynamicConfig,
    exportApi: { statusDurationsMs: { pendingMs: 100, runningMs: 400 } },
  });
  const s3 = s3ClientFor(stack.s3, stack.s3);
  const connection = await Connection.connect({ address: stack.temporal.address });
  try {
    for (const bucket of [BUCKET, 'replay-source']) await ensureBucket(s3, bucket);
    await putAll(s3, 'replay-source', [
      ...[1, 2, 3].map((n) => ({ key: `exports/part-${n}.csv`, body: `n\n${n}\n` })),
      // Large enough to be seen on its way.
      { key: 'large.bin', body: Buffer.alloc(128 * MIB) },
    ]);
    const recorder = new Recorder(stack, new Client({ connection }));
    for (const [state, bring] of Object.entries(states)) await bring(recorder, state);
  } finally {
    s3.destroy();
    await connection.close();
    await stack.stop();
  }
};

mkdirSync(FOLDER, { recursive: true });
/** Named on the command line: these states alone, beside the histories that are there. */
const wanted = process.argv.slice(2);
const isOld = (file) => /\.(children-|order-lost\.)/.test(file);
if (wanted.length === 0) for (const file of readdirSync(FOLDER)) if (!isOld(file)) rmSync(join(FOLDER, file));
const chosen = (states) =>
  Object.fromEntries(Object.entries(states).filter(([state]) => wanted.length === 0 || wanted.includes(state)));
const recordChosen = async (states, ...how) => {
  if (Object.keys(chosen(states)).length > 0) await record(chosen(states), ...how);
};
await recordChosen(STATES, {});
await recordChosen(SAMPLES, {}, true);
await recordChosen(CONTINUED, { 'limit.historyCount.suggestContinueAsNew': 60 });
await recordChosen(EVENTS, {}, true);
