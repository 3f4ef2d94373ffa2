/**
 * What encrypted payloads cost: the same run with and without, in turn, on one server. Each kind has a worker and a namespace of its
 * own that stay up throughout, so that neither pays for a start; which kind comes first changes from round to round. The ratio is that
 * of the medians of whole runs, from their start to `_SUCCESS`; processor time of the workers and of the server stands beside it.
 */
import { randomBytes } from 'node:crypto';
import { Client, type DataConverter } from '@temporalio/client';
import { readPayloadKeys } from '../src/config/payload-keys';
import { generatedRecords } from '../src/dev/export-api/samples';
import { createNamespace } from '../src/dev/temporal-namespace';
import { TASK_QUEUES, WORKFLOWS } from '../src/model/names';
import { clientDataConverter } from '../src/ops/data-converter';
import { bench } from './lib/bench';
import { median } from './lib/median';
import { type Rig, withRig } from './lib/rig';
import { cpuSeconds, watchUsage } from './lib/usage';

const GOAL = 1.05;
const KINDS = ['plain', 'encrypted'] as const;
type Kind = (typeof KINDS)[number];

interface Side {
  readonly client: Client;
  readonly workerPid: number;
  readonly seconds: number[];
  readonly cpuSec: number[];
  readonly serverCpuSec: number[];
}

void bench('encryption', { records: 1_000, bytes: 2_000, rounds: 5 }, ({ options, say }) =>
  withRig(say, async (rig) => {
    const keys = `bench:${randomBytes(32).toString('base64')}`;
    rig.stack.exportApi.setFiles('vulnerability', generatedRecords(options.records, options.bytes));
    const sides: Record<Kind, Side> = {
      plain: await sideOf(rig, 'plain', undefined),
      encrypted: await sideOf(rig, 'encrypted', keys),
    };
    // Not measured: the first run of a process compiles its code.
    for (const kind of KINDS) await runOf(rig, sides[kind], `warm-up-${kind}`);
    for (let round = 0; round < options.rounds; round += 1) {
      for (const kind of round % 2 === 0 ? KINDS : [...KINDS].reverse()) {
        const side = sides[kind];
        const usage = watchUsage(side.workerPid);
        const serverBefore = cpuSeconds(rig.stack.temporal.pid);
        const seconds = await runOf(rig, side, `round-${round}-${kind}`);
        side.seconds.push(seconds);
        side.cpuSec.push(usage.stop().cpuSec);
        side.serverCpuSec.push(cpuSeconds(rig.stack.temporal.pid) - serverBefore);
        say(`round ${round + 1}, ${kind}: ${seconds.toFixed(2)} s`);
      }
    }
    const { plain, encrypted } = sides;
    const pairs = plain.seconds.map((seconds, n) => (encrypted.seconds[n] ?? NaN) / seconds);
    return {
      figures: {
        time_ratio: median(encrypted.seconds) / median(plain.seconds),
        time_ratio_least: Math.min(...pairs),
        time_ratio_most: Math.max(...pairs),
        plain_s: median(plain.seconds),
        encrypted_s: median(encrypted.seconds),
        worker_cpu_ratio: median(encrypted.cpuSec) / median(plain.cpuSec),
        plain_worker_cpu_s: median(plain.cpuSec),
        encrypted_worker_cpu_s: median(encrypted.cpuSec),
        server_cpu_ratio: median(encrypted.serverCpuSec) / median(plain.serverCpuSec),
        plain_server_cpu_s: median(plain.serverCpuSec),
        encrypted_server_cpu_s: median(encrypted.serverCpuSec),
      },
      goals: { time_ratio: { max: GOAL } },
    };
  }),
);

async function sideOf({ stack, client }: Rig, kind: Kind, keys: string | undefined): Promise<Side> {
  const namespace = `bench-${kind}`;
  await createNamespace(stack.temporal.address, namespace);
  // Undefined removes what the shell may have: the plain side must be plain.
  const env = { LONGHAUL_PAYLOAD_KEYS: keys, LONGHAUL_PAYLOAD_KEYS_FILE: undefined };
  const worker = await stack.startWorker({ namespace, env });
  const dataConverter: DataConverter = clientDataConverter(readPayloadKeys({ LONGHAUL_PAYLOAD_KEYS: keys }));
  return {
    client: new Client({ connection: client.connection, namespace, dataConverter }),
    workerPid: worker.pid,
    seconds: [],
    cpuSec: [],
    serverCpuSec: [],
  };
}

/** Seconds of one whole run. The bucket is emptied after it, so that the next one finds what this one found. */
async function runOf(rig: Rig, { client }: Side, workflowId: string): Promise<number> {
  const startedMs = performance.now();
  await client.workflow.execute(WORKFLOWS.exportToS3, {
    taskQueue: TASK_QUEUES.workflows,
    workflowId,
    args: [{ project: rig.project, runId: workflowId }],
  });
  const seconds = (performance.now() - startedMs) / 1000;
  rig.emptyBucket();
  return seconds;
}
