/**
 * Replays recorded histories against the workflow code as it is now. A history that fails here stands for runs that are
 * in flight in production in that state: with this change their workflow tasks would fail and be retried until the old
 * code comes back. So a failing replay is not mended by recording the history again. Instead:
 *
 * 1. Keep the old behaviour for old runs: `if (patched('what-has-changed')) { new } else { old }`; once no run from before
 *    is open, `deprecatePatch('what-has-changed')`, and a release later nothing.
 * 2. Or deploy the change as a new build of versioned workers (LONGHAUL_BUILD_ID), and keep workers of the old one until
 *    their runs have ended: docs/guide-upgrade.md.
 * 3. Only where such runs can be given up, or have all ended, record anew: `npm run record:histories`.
 */
import { readdirSync } from 'node:fs';
import * as path from 'node:path';
import type { DataConverter } from '@temporalio/common';
import {
  bundleWorkflowCode,
  DefaultLogger,
  type ReplayWorkerOptions,
  Runtime,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { TRACING_GLOBAL, type WorkflowSpan } from '../../src/model/tracing';
import { converterOf, newKey } from '../support/encrypted';
import { readHistory, type History } from '../support/history-json';

const FOLDER = path.join(__dirname, 'histories');
const NAMES = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.slice(0, -'.json'.length))
  .sort();

const read = (name: string): History => readHistory(path.join(FOLDER, `${name}.json`));

/** Of the activities that a history has scheduled, in order. */
const activityTypes = ({ events }: History): { name?: string | null }[] =>
  (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityType ?? []);

type Code = Pick<ReplayWorkerOptions, 'workflowBundle' | 'dataConverter' | 'sinks'>;

const bundleOf = (
  own: Pick<DataConverter, 'failureConverterPath'> = {},
  workflowInterceptorModules: string[] = [],
): Promise<WorkflowBundleWithSourceMap> =>
  bundleWorkflowCode({
    workflowInterceptorModules,
    workflowsPath: require.resolve('../../src/workflows'),
    logger: new DefaultLogger('ERROR'),
    ...own,
  });

let plain: Code;
beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  plain = { workflowBundle: await bundleOf() };
});

/** As it was recorded: a run that adopts its own hold compares ids. */
const workflowIdOf = ({ events }: History): string =>
  events?.[0]?.workflowExecutionStartedEventAttributes?.workflowId ?? 'unknown';

/** What each replay ended with: undefined is a match. Of the histories of one workflow id, one in each round. */
const replay = async (
  histories: Readonly<Record<string, History>>,
  code: Code = plain,
): Promise<Map<string, Error | undefined>> => {
  const errors = new Map<string, Error | undefined>();
  for (let left = Object.entries(histories); left.length > 0;) {
    const round = new Map(left.map(([name, history]) => [workflowIdOf(history), { name, history }]));
    const runs = [...round].map(([workflowId, { history }]) => ({ workflowId, history }));
    for await (const { workflowId, error } of Worker.runReplayHistories(code, runs)) {
      errors.set(round.get(workflowId)?.name ?? workflowId, error);
    }
    left = left.filter(([name]) => !errors.has(name));
  }
  return errors;
};

describe('replay of recorded histories', () => {
  it('goes through in every state that a run can be in', async () => {
    const errors = await replay(Object.fromEntries(NAMES.map((name) => [name, read(name)])));
    expect([...errors.keys()].sort()).toEqual(NAMES);
    expect([...errors].filter(([, error]) => error !== undefined)).toEqual([]);
  });

  it('goes through with workers that trace, whatever the runs began with', async () => {
    const { code, ...map } = await bundleOf({}, [require.resolve('../../src/workflows/interceptors')]);
    const spans: WorkflowSpan[] = [];
    const span = { fn: (_info: unknown, told: WorkflowSpan) => void spans.push(told), callDuringReplay: true };
    const traced = {
      workflowBundle: { ...map, code: `globalThis.${TRACING_GLOBAL}={ratio:1};${code}` },
      sinks: { tracing: { span } },
    };
    const errors = await replay(Object.fromEntries(NAMES.map((name) => [name, read(name)])), traced);
    expect([...errors.keys()].sort()).toEqual(NAMES);
    expect([...errors].filter(([, error]) => error !== undefined)).toEqual([]);
    const runs = spans.filter(({ name }) => name.startsWith('RunWorkflow:'));
    expect(runs.length).toBeGreaterThan(NAMES.length / 2);
  });

  it('goes through with workers that have been told to encrypt since', async () => {
    const dataConverter = converterOf(newKey('k1'));
    const { failureConverterPath = '' } = dataConverter;
    const code = { workflowBundle: await bundleOf({ failureConverterPath }), dataConverter };
    const errors = await replay(Object.fromEntries(NAMES.map((name) => [name, read(name)])), code);
    expect([...errors.keys()].sort()).toEqual(NAMES);
    expect([...errors].filter(([, error]) => error !== undefined)).toEqual([]);
  });

  it('covers every workflow and the states that a deployment meets', () => {
    expect(NAMES).toEqual(
      expect.arrayContaining([
        ...['exporting', 'transferring', 'parked', 'publishing', 'cleaning', 'failed-cleaned', 'cancelled'].map(
          (state) => `exportToS3.${state}`,
        ),
        ...['continued-first', 'continued-middle', 'continued-last'].map((state) => `exportToS3.${state}`),
        ...['transferring', 'parked', 'cancelled'].map((state) => `transferBatch.${state}`),
        ...['transferring-large', 'cancelled-large', 'succeeded-atomic-prefix'].map(
          (state) => `transferRecord.${state}`,
        ),
        // An order about a record that is still being taken back: of a batch that keeps it, and of one from before that was so.
        ...['order-kept', 'order-lost'].flatMap((state) => [`exportToS3.${state}`, `transferBatch.${state}`]),
        ...['rate-limited', 'rate-limited-finished', 'rate-continued-first', 'rate-continued-middle'].map(
          (state) => `exportToS3.${state}`,
        ),
        // Of runs that began before batches opened their URL records (docs/decisions/0019).
        ...['transferring', 'parked', 'cancelled'].map((state) => `transferBatch.children-${state}`),
        ...['transferring-large', 'failed', 'cancelled-large', 'ingested'].map(
          (state) => `transferRecord.children-${state}`,
        ),
        ...['ingestUrls.ingested', 'restoreFiles.restored', 'restoreFiles.restored-many'],
        ...['transferBatch.ingested', 'transferRecord.restore-failed', 'transferBatch.restored'],
        ...[
          'moved-at-once',
          'moved-small',
          'moved-large',
          'moving-large',
          'cancelled-large',
          'failed',
          'dead-lettered',
        ].map((state) => `transferEvent.${state}`),
        'holdTarget.succeeded-atomic',
      ]),
    );
  });

  /** Each is what a change of the code looks like from the side of an old history. */
  const changes: [string, string, (history: History) => void][] = [
    [
      'calls another activity',
      'exportToS3.succeeded-atomic',
      (history) => {
        activityTypes(history)[0]!.name = 'anotherActivity';
      },
    ],
    [
      'starts another child workflow',
      'transferBatch.transferring',
      ({ events }) => {
        const child = events!.find((event) => event.startChildWorkflowExecutionInitiatedEventAttributes != null);
        child!.startChildWorkflowExecutionInitiatedEventAttributes!.workflowType!.name = 'anotherWorkflow';
      },
    ],
    [
      'takes its steps in another order',
      'transferRecord.children-succeeded-atomic-large',
      (history) => {
        const [open, move] = activityTypes(history);
        [open!.name, move!.name] = [move!.name ?? null, open!.name ?? null];
      },
    ],
  ];

  it.each(changes)('fails where the code %s', async (_what, name, change) => {
    const history = read(name);
    change(history);
    const errors = await replay({ [name]: history });
    expect(errors.get(name)).toBeInstanceOf(DeterminismViolationError);
  });
});
