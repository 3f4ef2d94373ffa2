/**
 * Many small URL records through child workflows, beside what the same server can do at all: children that run one
 * activity which does nothing, measured before and after on the same server; the better of the two is the limit.
 * Records per second count the whole run, from its start to `_SUCCESS`.
 */
import { generatedRecords } from '../src/dev/export-api/samples';
import { bareFanout } from './lib/bare-fanout';
import { bench } from './lib/bench';
import { batchesSeconds, longestHistories } from './lib/histories';
import { withRig } from './lib/rig';
import { cpuSeconds, watchUsage } from './lib/usage';

const FILE_BYTES = 2_000;
/** The default of aws.max_workers. */
const WINDOW = 16;

void bench('fanout', { records: 10_000, bare: 1_000 }, ({ options, say }) =>
  withRig(say, async (rig) => {
    const { stack } = rig;
    const before = await bareFanout(rig, 'bare-before', options.bare, WINDOW);
    say(`the server's limit before the run: ${before.childrenPerSec.toFixed(1)} children/s`);

    const worker = await stack.startWorker();
    const usage = watchUsage(worker.pid);
    const cpuBefore = [stack.temporal.pid, stack.s3.pid, process.pid].map(cpuSeconds);
    const startedMs = performance.now();
    const run = await rig.start('bench-fanout', generatedRecords(options.records, FILE_BYTES), {
      runId: 'bench-fanout',
    });
    const result = await run.result();
    const seconds = (performance.now() - startedMs) / 1000;
    const cpuAfter = [stack.temporal.pid, stack.s3.pid, process.pid].map(cpuSeconds);
    const perRecordMs = cpuAfter.map((after, n) => ((after - (cpuBefore[n] ?? 0)) / result.records) * 1000);
    const { peakRssMib, cpuSec } = usage.stop();
    await worker.stop();
    say(`${result.records} records in ${seconds.toFixed(1)} s`);

    const childrenSec = await batchesSeconds(rig.client, run.workflowId);
    const longest = await longestHistories(rig.client, 'bench-fanout');
    const after = await bareFanout(rig, 'bare-after', options.bare, WINDOW);
    say(`the server's limit after the run: ${after.childrenPerSec.toFixed(1)} children/s`);
    const limit = Math.max(before.childrenPerSec, after.childrenPerSec);
    return {
      figures: {
        records_per_s: result.records / seconds,
        records_per_s_while_children_run: result.records / childrenSec,
        server_limit_records_per_s: limit,
        server_limit_before_records_per_s: before.childrenPerSec,
        server_limit_after_records_per_s: after.childrenPerSec,
        ratio_to_server_limit: result.records / seconds / limit,
        ratio_while_children_run: result.records / childrenSec / limit,
        max_history_events: Math.max(longest.root, longest.batch, longest.record),
        root_history_events: longest.root,
        batch_history_events: longest.batch,
        record_history_events: longest.record,
        worker_rss_mib: peakRssMib,
        worker_cpu_ms_per_record: (cpuSec / result.records) * 1000,
        temporal_cpu_ms_per_record: perRecordMs[0] ?? 0,
        s3_cpu_ms_per_record: perRecordMs[1] ?? 0,
        file_host_cpu_ms_per_record: perRecordMs[2] ?? 0,
        bare_worker_cpu_ms_per_child: before.workerCpuMsPerChild,
        bare_temporal_cpu_ms_per_child: before.serverCpuMsPerChild,
      },
      goals: {
        ratio_to_server_limit: { min: 0.8 },
        max_history_events: { max: 10_000 },
        worker_rss_mib: { max: 700 },
      },
    };
  }),
);
