import { operatorActions, type OperatedState } from '../../../src/model/operator-actions';
import { STAGES } from '../../../src/model/run';

const stateOf = (changes: Partial<OperatedState> = {}): OperatedState => ({
  job: 'exportToS3',
  stage: 'transferring',
  paused: false,
  workflowId: 'nightly',
  failures: [],
  steers: true,
  keeps: false,
  ...changes,
});
const orders = (state: OperatedState): string[] =>
  operatorActions(state).map(({ command }) => command.replace('longhaul ', '').replace(' nightly', ''));

it('no stage offers an order that the run would refuse', () => {
  const offered = STAGES.map((stage) => [stage, orders(stateOf({ stage }))]);
  expect(Object.fromEntries(offered)).toEqual({
    preparing: ['abort'],
    waiting: ['abort'],
    exporting: ['abort'],
    listing: ['abort'],
    transferring: ['pause', 'set-max-workers 8', 'set-max-bytes-per-sec 10MB/s', 'abort'],
    parked: ['retry-failed', 'skip-record 7', 'abort'],
    publishing: [],
    cleaning: [],
    reporting: [],
    done: [],
  });
  expect(orders(stateOf({ paused: true }))[0]).toBe('resume');
  expect(orders(stateOf({ job: 'loadToPostgres', stage: 'publishing' }))).toEqual(['abort']);
  expect(orders(stateOf({ steers: false }))).toEqual(['abort']);
  const failures = [{ n: 12, source: 's3://a/b', code: 'SourceNotFound', message: 'gone' }];
  expect(orders(stateOf({ stage: 'parked', failures }))[1]).toBe('skip-record 12');
});

it('each sentence names the Update as the Web UI takes it, the command, and what comes of it', () => {
  const texts = (changes: Partial<OperatedState>): string[] =>
    operatorActions(stateOf(changes)).map(({ text }) => text);
  expect(texts({ stage: 'parked', keeps: true })).toEqual([
    'Update `retryFailed`, or `longhaul retry-failed nightly`, moves the failed records again, after you have removed the cause',
    'Update `skipRecord` with `{"record": 7}`, or `longhaul skip-record nightly 7`, gives one record up',
    'Update `abort`, Request Cancellation or `longhaul abort nightly` ends the run and keeps what is done',
  ]);
  expect(texts({ job: 'transferEvent', steers: false })).toEqual([
    'Request Cancellation or `longhaul abort nightly` ends the run and takes back what it has made',
  ]);
});
