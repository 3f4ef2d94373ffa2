/**
 * Many small URL records through child workflows, at several sizes, beside what the same server can do at all: children
 * that run one activity which does nothing, measured before and after on the same server; the better of the two is the
 * limit. Records per second count the whole run, from its start to `_SUCCESS`. Airflow's mapped tasks, which do nothing,
 * run before it on the same machine; as their clock runs from the first task to the last, they are held against the time in
 * which records move, and against the whole run beside that.
 */
import { writeFileSync } from 'node:fs';
import { airflowTasksPerSec } from './lib/airflow-peer';
import { bareFanout } from './lib/bare-fanout';
import { bench, readSizes, type Goal } from './lib/bench';
import { columnChart } from './lib/column-chart';
import { costMs, fanoutOf, sizeLabel, type SizeResult } from './lib/fanout-size';
import { withRig, type Rig } from './lib/rig';

/** The default of aws.max_workers. */
const WINDOW = 16;
/** The size that the ratios are of, where it is measured; else the largest. */
const MAIN_SIZE = 10_000;
/** "The same": cost per record may change by this much between sizes. */
const FLAT = 0.2;

const DEFAULTS = { sizes: '1000,10000,100000', bare: 1_000, airflow: '200', plot: 'none' };

void bench('fanout', DEFAULTS, async ({ options, say }) => {
  const sizes = readSizes('--sizes', options.sizes);
  const [tasks = 0] = options.airflow === 'none' ? [] : readSizes('--airflow', options.airflow);
  const airflow = tasks === 0 ? undefined : await beside(tasks, say);
  return withRig(say, async (rig) => {
    const before = await bareFanout(rig, 'bare-before', options.bare, WINDOW);
    say(`the server's limit before the run: ${before.childrenPerSec.toFixed(1)} children/s`);
    const results = await allSizes(rig, sizes, say);
    const after = await bareFanout(rig, 'bare-after', options.bare, WINDOW);
    say(`the server's limit after the run: ${after.childrenPerSec.toFixed(1)} children/s`);
    if (options.plot !== 'none') writeFileSync(options.plot, chartOf(results));

    const main = results.find(({ records }) => records === MAIN_SIZE) ?? results.at(-1);
    if (main === undefined) throw new Error('--sizes: expected one size at least');
    const limit = Math.max(before.childrenPerSec, after.childrenPerSec);
    const recordsPerSec = main.records / main.seconds;
    const { root, batch, record } = longestOf(results);
    const growth = growthOf(results);
    return {
      figures: {
        ...bySize('records_per_s', results, ({ records, seconds }) => records / seconds),
        ...bySize('cpu_ms_per_record', results, costMs),
        ...bySize('worker_rss_mib', results, ({ workerRssMib }) => workerRssMib),
        ...growth,
        ...(airflow === undefined
          ? {}
          : {
              airflow_tasks_per_s: airflow,
              vs_airflow: main.records / main.childrenSec / airflow,
              vs_airflow_whole_run: recordsPerSec / airflow,
            }),
        records_per_s: recordsPerSec,
        records_per_s_while_children_run: main.records / main.childrenSec,
        server_limit_records_per_s: limit,
        server_limit_before_records_per_s: before.childrenPerSec,
        server_limit_after_records_per_s: after.childrenPerSec,
        ratio_to_server_limit: recordsPerSec / limit,
        ratio_while_children_run: main.records / main.childrenSec / limit,
        max_history_events: Math.max(root, batch, record),
        root_history_events: root,
        batch_history_events: batch,
        record_history_events: record,
        worker_rss_mib: Math.max(...results.map(({ workerRssMib }) => workerRssMib)),
        worker_cpu_ms_per_record: main.workerCpuMs,
        temporal_cpu_ms_per_record: main.temporalCpuMs,
        s3_cpu_ms_per_record: main.s3CpuMs,
        file_host_cpu_ms_per_record: main.fileHostCpuMs,
        bare_worker_cpu_ms_per_child: before.workerCpuMsPerChild,
        bare_temporal_cpu_ms_per_child: before.serverCpuMsPerChild,
      },
      goals: {
        ratio_to_server_limit: { min: 0.8 },
        max_history_events: { max: 10_000 },
        worker_rss_mib: { max: 700 },
        ...Object.fromEntries(Object.keys(growth).map((name): [string, Goal] => [name, { min: -FLAT, max: FLAT }])),
        ...(airflow === undefined ? {} : { vs_airflow: { min: 10 } }),
      },
    };
  });
});

/** Undefined where Airflow cannot be had here, which is said: the other figures do not depend on it. */
async function beside(tasks: number, say: (line: string) => void): Promise<number | undefined> {
  try {
    const perSec = await airflowTasksPerSec(say, tasks);
    say(`Airflow: ${perSec.toFixed(1)} mapped tasks/s`);
    return perSec;
  } catch (error) {
    say(`Airflow is left out: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

async function allSizes(rig: Rig, sizes: readonly number[], say: (line: string) => void): Promise<SizeResult[]> {
  const results: SizeResult[] = [];
  for (const size of sizes) {
    const result = await fanoutOf(rig, size);
    rig.emptyBucket();
    results.push(result);
    const { seconds, workerRssMib, longest } = result;
    say(
      `${size} records in ${seconds.toFixed(1)} s, ${costMs(result).toFixed(1)} ms of CPU each, worker ${workerRssMib.toFixed(0)} MiB, ` +
        `events ${longest.root}, ${longest.batch}, ${longest.record}`,
    );
  }
  return results;
}

const bySize = (
  name: string,
  results: readonly SizeResult[],
  of: (result: SizeResult) => number,
): Record<string, number> =>
  Object.fromEntries(results.map((result) => [`${name}_${sizeLabel(result.records)}`, of(result)]));

/** Each size against the smallest: 0.1 is a tenth more CPU time for a record. */
function growthOf([first, ...others]: readonly SizeResult[]): Record<string, number> {
  if (first === undefined) return {};
  return Object.fromEntries(
    others.map((result) => [
      `cost_growth_${sizeLabel(first.records)}_to_${sizeLabel(result.records)}`,
      costMs(result) / costMs(first) - 1,
    ]),
  );
}

function longestOf(results: readonly SizeResult[]): SizeResult['longest'] {
  const most = (kind: keyof SizeResult['longest']): number => Math.max(...results.map(({ longest }) => longest[kind]));
  return { root: most('root'), batch: most('batch'), record: most('record'), bytes: most('bytes') };
}

const chartOf = (results: readonly SizeResult[]): string =>
  columnChart(
    { title: 'CPU time of a small record by size of its run', unit: 'ms' },
    results.map(({ records, temporalCpuMs, workerCpuMs, s3CpuMs, fileHostCpuMs }) => ({
      label: `${sizeLabel(records)} records`,
      parts: {
        'Temporal server': temporalCpuMs,
        worker: workerCpuMs,
        'S3 server': s3CpuMs,
        'file host': fileHostCpuMs,
      },
    })),
  );
