/**
 * Restoring, against the tools that people would use: `curl` of the same files at the same parallelism, then `md5sum` of
 * them; and, where everything is there, `md5sum` alone. The clock covers the whole workflow, from the client's start to
 * its result, and a worker that is polling already; the tools' clock covers their processes. Rounds take turns.
 */
import { execFile } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { promisify } from 'node:util';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { TASK_QUEUES, WORKFLOWS } from '../src/model/names';
import type { RestoreResult } from '../src/model/restore-run';
import { until } from '../src/dev/wait';
import { ensureBucket } from '../src/dev/s3-client';
import { bench } from './lib/bench';
import { startCountingProxy } from './lib/counting-proxy';
import { withRig, type Rig } from './lib/rig';
import { rssMib, watchUsage } from './lib/usage';

const run = promisify(execFile);
const MIB = 2 ** 20;
const GIB = 2 ** 30;
const BUCKET = 'bench-backup';
const PROJECT = 'PRID001';
const TIMEOUT_MS = 600_000;
/** Defaults of restore.json. */
const DEFAULTS = { files: 16, mib: 1024, rounds: 3, parallel: 8, part: 8, lanes: 2, killed: 4096 };

type FileInfo = Record<string, [number, string]>;

void bench('restore', DEFAULTS, ({ options, say }) =>
  withRig(say, async (rig) => {
    const output = path.join(rig.stack.dataDir, 'restored');
    mkdirSync(output);
    await ensureBucket(rig.s3, BUCKET);
    const policy = {
      Effect: 'Allow',
      Principal: '*',
      Action: ['s3:GetObject'],
      Resource: [`arn:aws:s3:::${BUCKET}/*`],
    };
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [policy] });
    await rig.s3.send(new PutBucketPolicyCommand({ Bucket: BUCKET, Policy }));
    const settings = { files_in_parallel: options.parallel, part_size_mb: options.part, lanes: options.lanes };

    const info: FileInfo = {};
    const sizeBytes = Math.floor((options.mib * MIB) / options.files);
    for (let n = 0; n < options.files; n += 1)
      info[`file-${String(n).padStart(2, '0')}.raw`] = await put(
        rig,
        `speed/file-${String(n).padStart(2, '0')}.raw`,
        sizeBytes,
      );
    configure(rig, output, rig.stack.s3.endpoint, { speed: info }, settings);
    const worker = await rig.stack.startWorker();
    const names = Object.keys(info);

    const peer = path.join(rig.stack.dataDir, 'peer');
    const figures = { restore: [] as number[], curl: [] as number[], skip: [] as number[], md5: [] as number[] };
    let cpuSec = 0;
    let peakRssMib = 0;
    const idleMib = rssMib(worker.pid);
    // One round more, not counted: pages, connections and code are warm for both.
    for (let round = 0; round <= options.rounds; round += 1) {
      rmSync(path.join(output, PROJECT), { recursive: true, force: true });
      rmSync(peer, { recursive: true, force: true });
      mkdirSync(peer);
      await run('sync');
      const watched = watchUsage(worker.pid);
      const restore = await seconds(() => restoreAll(rig, `speed-${round}`, 'speed'));
      const usage = watched.stop();
      await run('sync');
      const md5Again = await seconds(() => md5sum(path.join(output, PROJECT), names));
      const skip = await seconds(() => restoreAll(rig, `skip-${round}`, 'speed'));
      rmSync(path.join(output, PROJECT), { recursive: true, force: true });
      await run('sync');
      const curl = await seconds(async () => {
        await fetchByCurl(rig, peer, names, options.parallel);
        await md5sum(peer, names);
      });
      say(
        `round ${round}: restore ${restore.toFixed(2)} s, curl and md5sum ${curl.toFixed(2)} s, skip ${skip.toFixed(2)} s, md5sum ${md5Again.toFixed(2)} s`,
      );
      if (round === 0) continue;
      figures.restore.push(restore);
      figures.curl.push(curl);
      figures.skip.push(skip);
      figures.md5.push(md5Again);
      cpuSec += usage.cpuSec / options.rounds;
      peakRssMib = Math.max(peakRssMib, usage.peakRssMib);
    }
    rmSync(output, { recursive: true, force: true });
    rmSync(peer, { recursive: true, force: true });
    await worker.stop();
    const [restore, curl, skip, md5] = [figures.restore, figures.curl, figures.skip, figures.md5].map(median) as [
      number,
      number,
      number,
      number,
    ];
    const killed = await kill(rig, output, options.killed, settings, say);
    return {
      figures: {
        wall_vs_curl_md5: restore / curl,
        skip_vs_md5sum: skip / md5,
        restore_s: restore,
        curl_md5sum_s: curl,
        skip_s: skip,
        md5sum_s: md5,
        restore_cpu_s_per_gib: cpuSec / ((options.mib * MIB) / GIB),
        rss_growth_mib: peakRssMib - idleMib,
        resent_vs_inflight_max: killed,
      },
      goals: { wall_vs_curl_md5: { max: 1.3 }, skip_vs_md5sum: { max: 1.2 }, resent_vs_inflight_max: { max: 1 } },
    };
  }),
);

/** SIGKILL in the middle of one large file; answers bytes read again as a share of the parts in flight. */
async function kill(
  rig: Rig,
  output: string,
  sizeMib: number,
  settings: { part_size_mb: number; lanes: number },
  say: (line: string) => void,
): Promise<number> {
  const sizeBytes = Math.floor(sizeMib * MIB);
  mkdirSync(output);
  const info = { 'large.raw': await put(rig, 'killed/large.raw', sizeBytes) };
  const proxy = await startCountingProxy(rig.stack.s3.endpoint);
  try {
    configure(rig, output, proxy.endpoint, { killed: info }, settings);
    const read = (): number =>
      proxy.seen.reduce((sum, each) => sum + (each.method === 'GET' ? each.answeredBytes : 0), 0);
    const worker = await rig.stack.startWorker();
    const result = restoreAll(rig, 'killed', 'killed');
    await until(() => read() > sizeBytes / 2, { what: 'half of the file', timeoutMs: TIMEOUT_MS, intervalMs: 5 });
    await worker.kill();
    await rig.stack.startWorker();
    await result;
    const again = read() - sizeBytes;
    say(`killed in the middle of ${sizeMib} MiB: ${(again / MIB).toFixed(1)} MiB read again`);
    return again / (settings.lanes * settings.part_size_mb * MIB);
  } finally {
    await proxy.close();
  }
}

function configure(
  rig: Rig,
  output: string,
  endpoint: string,
  backups: Record<string, FileInfo>,
  settings: object,
): void {
  const { s3, configDir } = rig.stack;
  const records = Object.entries(backups).map(([id, file_info]) => [
    id,
    { _id: id, project_id: PROJECT, s3_upload_path: `${BUCKET}/${id}`, file_info },
  ]);
  writeFileSync(path.join(configDir, 'catalogue.json'), JSON.stringify(Object.fromEntries(records)));
  const config = {
    locations: { output },
    s3: { region: s3.region, endpoint, access_key_id: s3.accessKeyId, secret_access_key: s3.secretAccessKey },
    catalogue: { type: 'json', path: 'catalogue.json' },
    ...settings,
  };
  writeFileSync(path.join(configDir, 'restore.json'), JSON.stringify(config));
}

async function restoreAll(rig: Rig, workflowId: string, id: string): Promise<RestoreResult> {
  const start = { taskQueue: TASK_QUEUES.workflows, workflowId, args: [{ raw_file_id: id }] };
  return (await rig.client.workflow.execute(WORKFLOWS.restoreFiles, start)) as RestoreResult;
}

async function fetchByCurl(rig: Rig, folder: string, names: readonly string[], parallel: number): Promise<void> {
  const lines = names.map(
    (name) => `url = "${rig.stack.s3.endpoint}/${BUCKET}/speed/${name}"\noutput = "${path.join(folder, name)}"`,
  );
  const list = path.join(folder, '.curl');
  writeFileSync(list, `${lines.join('\n')}\n`);
  await run('curl', [
    '--fail',
    '--silent',
    '--show-error',
    '--parallel',
    '--parallel-max',
    String(parallel),
    '-K',
    list,
  ]);
}

const md5sum = async (folder: string, names: readonly string[]): Promise<void> => {
  const there = new Set(readdirSync(folder));
  await run(
    'md5sum',
    names.filter((name) => there.has(name)).map((name) => path.join(folder, name)),
  );
};

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

/** Small ones by one request, large ones in parts of 64 MiB. */
async function put(rig: Rig, key: string, sizeBytes: number): Promise<[number, string]> {
  const place = { Bucket: BUCKET, Key: key };
  const partBytes = 64 * MIB;
  const block = randomFillSync(Buffer.alloc(Math.min(sizeBytes, partBytes)));
  const bare = (etag = ''): string => etag.replaceAll('"', '');
  if (sizeBytes <= partBytes) {
    const { ETag } = await rig.s3.send(new PutObjectCommand({ ...place, Body: block }));
    return [sizeBytes, bare(ETag)];
  }
  const { UploadId } = await rig.s3.send(new CreateMultipartUploadCommand(place));
  const Parts: { PartNumber: number; ETag: string | undefined }[] = [];
  for (let at = 0; at < sizeBytes; at += partBytes) {
    const PartNumber = Parts.length + 1;
    block.writeUInt32LE(PartNumber);
    const Body = block.subarray(0, Math.min(partBytes, sizeBytes - at));
    Parts.push({
      PartNumber,
      ETag: (await rig.s3.send(new UploadPartCommand({ ...place, UploadId, PartNumber, Body }))).ETag,
    });
  }
  const { ETag } = await rig.s3.send(
    new CompleteMultipartUploadCommand({ ...place, UploadId, MultipartUpload: { Parts } }),
  );
  return [sizeBytes, bare(ETag)];
}
