/**
 * Whether `longhaul plan` tells the truth: it is asked before a run, and held against what the run then used. Actions are
 * counted in the histories of all workflows, heartbeats by the worker's own metrics, requests by a proxy on the wire. What
 * the plan cannot know of a machine, its records per second, comes from a shorter run before, as it would for a user.
 */
import { execFile } from 'node:child_process';
import * as path from 'node:path';
import { promisify } from 'node:util';
import type { PlanMessage } from '../src/client/lib/plan/message';
import { childEnv } from '../src/config/environment';
import { generatedRecords } from '../src/dev/export-api/samples';
import { freePort } from '../src/dev/ports';
import { REPOSITORY_ROOT } from '../src/dev/tools';
import { actionsOf, totalActions } from './lib/actions';
import { bench } from './lib/bench';
import { startCountingProxy, type CountingProxy } from './lib/counting-proxy';
import { batchesSeconds, longestHistories } from './lib/histories';
import { withRig, type Rig } from './lib/rig';

const run = promisify(execFile);
const LONGHAUL = path.join(REPOSITORY_ROOT, 'bin', 'longhaul.js');
const GOAL = 0.15;
const WRITES = ['PUT', 'POST', 'DELETE'];

void bench('plan', { records: 10_000, calibrate: 1_000, bytes: 2_000 }, ({ options, say }) =>
  withRig(say, async (rig) => {
    const proxy = await startCountingProxy(rig.stack.s3.endpoint);
    try {
      rig.configure({ aws: { endpoint: proxy.endpoint } });
      const address = `127.0.0.1:${await freePort()}`;
      const worker = await rig.stack.startWorker({ env: { LONGHAUL_METRICS_ADDRESS: address } });
      const recordsPerSec = await calibrate(rig, options.calibrate, options.bytes);
      say(`${recordsPerSec.toFixed(1)} records/s in a run of ${options.calibrate}`);

      const files = generatedRecords(options.records, options.bytes);
      rig.stack.exportApi.setFiles('vulnerability', files);
      const before = proxy.seen.length;
      const planned = await planOf(rig, recordsPerSec);
      const plannedAlone = proxy.seen.slice(before);
      const used = await useOf(rig, proxy, address, () => rig.start('bench-plan', files, { runId: 'bench-plan' }));
      await worker.stop();
      const { plan } = planned;
      const { heartbeats } = plan.actions.byKind;
      const plannedActions = Object.values<number>({ ...plan.actions.byKind }).reduce((sum, count) => sum + count, 0);
      const usedActions = used.actions + used.heartbeats;
      return {
        figures: {
          actions_planned: plannedActions,
          actions_used: usedActions,
          actions_error: errorOf(plannedActions, usedActions),
          heartbeats_planned: heartbeats,
          heartbeats_used: used.heartbeats,
          s3_requests_planned: plan.s3.total,
          s3_requests_used: used.requests,
          s3_requests_error: errorOf(plan.s3.total, used.requests),
          seconds_planned: plan.time.totalSec,
          seconds_used: used.seconds,
          seconds_error: errorOf(plan.time.totalSec, used.seconds),
          history_events_over_bound: Math.max(
            used.longest.root / plan.histories.runEvents,
            used.longest.batch / plan.histories.batchEvents,
            used.longest.record / Math.max(1, plan.histories.recordEvents),
          ),
          history_bytes_planned: plan.histories.bytes,
          history_bytes_used: used.longest.bytes,
          history_bytes_error: errorOf(plan.histories.bytes, used.longest.bytes),
          writes_while_planning: plannedAlone.filter(({ method }) => WRITES.includes(method)).length,
        },
        goals: {
          actions_error: { max: GOAL },
          s3_requests_error: { max: GOAL },
          seconds_error: { max: GOAL },
          history_events_over_bound: { max: 1 },
          writes_while_planning: { max: 0 },
        },
      };
    } finally {
      await proxy.close();
    }
  }),
);

const errorOf = (planned: number, used: number): number => Math.abs(planned - used) / used;

/** Records per second while they move: what `temporal.records_per_s` means. */
async function calibrate(rig: Rig, records: number, bytes: number): Promise<number> {
  const shorter = await rig.start('calibrate', generatedRecords(records, bytes, 'calibrate'), { runId: 'calibrate' });
  await shorter.result();
  return records / (await batchesSeconds(rig.client, shorter.workflowId));
}

async function planOf({ stack, project }: Rig, recordsPerSec: number): Promise<PlanMessage> {
  const args = ['plan', project, '--json', '--assume', `temporal.records_per_s=${recordsPerSec}`];
  const env = childEnv({ LONGHAUL_CONFIG_DIR: stack.configDir });
  const { stdout } = await run(process.execPath, [LONGHAUL, ...args], { env });
  return JSON.parse(stdout) as PlanMessage;
}

interface Used {
  readonly actions: number;
  readonly heartbeats: number;
  readonly requests: number;
  readonly seconds: number;
  readonly longest: Awaited<ReturnType<typeof longestHistories>>;
}

async function useOf(
  { client }: Rig,
  proxy: CountingProxy,
  address: string,
  start: () => ReturnType<Rig['start']>,
): Promise<Used> {
  const heartbeatsBefore = await heartbeatsAt(address);
  const requestsBefore = proxy.seen.length;
  const startedMs = performance.now();
  const started = await start();
  await started.result();
  const seconds = (performance.now() - startedMs) / 1000;
  const requests = proxy.seen.length - requestsBefore;
  const heartbeats = (await heartbeatsAt(address)) - heartbeatsBefore;
  const longest = await longestHistories(client, started.workflowId);
  return { actions: totalActions(await actionsOf(client, started.workflowId)), heartbeats, requests, seconds, longest };
}

/** Calls that have reached the server, by the SDK's own count. */
async function heartbeatsAt(address: string): Promise<number> {
  const text = await (await fetch(`http://${address}/metrics`)).text();
  const line = text
    .split('\n')
    .find((each) => each.startsWith('temporal_request_total{') && each.includes('"RecordActivityTaskHeartbeat"'));
  return line === undefined ? 0 : Number(line.slice(line.lastIndexOf(' ') + 1));
}
