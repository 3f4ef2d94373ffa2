/** Small objects move within the workflow task: what that costs, and what becomes of one that is slow, cut off or cancelled. */
import { EventRig, PART_BYTES, patterned, sha256Of, type EventHandle } from '../support/event-rig';
import { failureOf } from '../support/run-outcome';
import { uniqueName } from '../support/shared-stack';
import { until } from '../support/until';

let rig: EventRig;
beforeAll(async () => {
  rig = await EventRig.start();
}, 90_000);
afterAll(() => rig.stop());
afterEach(() => {
  rig.s3.script = () => 'pass';
});

const prepared = async (bytes: number) => {
  const name = uniqueName('small');
  const [source, destination] = [rig.at('aws_s3', `${name}/in`), rig.at('aws_s3', `${name}/out`)];
  const body = patterned(bytes);
  await rig.put(source, body);
  return { source, destination, body };
};

/** Regular activities by name, and `local` for each that ran within a workflow task. */
const activitiesOf = async (handle: EventHandle): Promise<string[]> => {
  const { events } = await handle.fetchHistory();
  return (events ?? []).flatMap(
    ({ activityTaskScheduledEventAttributes: scheduled, markerRecordedEventAttributes }) => {
      if (markerRecordedEventAttributes != null) return ['local'];
      return scheduled?.activityType?.name == null ? [] : [scheduled.activityType.name];
    },
  );
};

const never = new Promise<void>(() => undefined);

test('one is a single workflow task, and needs no activity task', async () => {
  const { source, destination, body } = await prepared(100_000);
  const handle = await rig.start(rig.event(source, destination, { checksumSHA256: sha256Of(body) }));
  expect(await handle.result()).toMatchObject({ bytes: 100_000, attempts: 1, verified: 'sha256' });
  expect(await activitiesOf(handle)).toEqual(['local']);
  // The bridge sets the search attributes with the start, where this test does not.
  const { events } = await handle.fetchHistory();
  expect(events?.filter((each) => each.upsertWorkflowSearchAttributesEventAttributes == null)).toHaveLength(6);
});

test('a large one is an activity, and its bytes are read once', async () => {
  const { source, destination, body } = await prepared(2 * PART_BYTES + 1);
  const handle = await rig.start(rig.event(source, destination));
  expect(await handle.result()).toMatchObject({ bytes: body.length, attempts: 1, resentBytes: 0 });
  expect(await activitiesOf(handle)).toEqual(['local', 'moveObject', 'moveObjectParts']);
  // Three parts, and the look at its length.
  expect(rig.seen(source.key, 'get')).toBe(4);
});

test('a store that is slow to answer does not keep the workflow task: an activity goes on, and it is no attempt', async () => {
  const { source, destination, body } = await prepared(1_000);
  rig.s3.script = ({ url }) =>
    url.pathname.endsWith(source.key) && rig.seen(source.key) === 1 ? { holdUntil: never } : 'pass';
  const handle = await rig.start(rig.event(source, destination));
  expect(await handle.result()).toMatchObject({ bytes: 1_000, attempts: 1 });
  expect(await activitiesOf(handle)).toEqual(['local', 'moveObject']);
  expect((await rig.read(destination))?.body.equals(body)).toBe(true);
}, 30_000);

test('a fault that may pass is tried again by an activity: one attempt more, and the object is written once', async () => {
  const { source, destination } = await prepared(1_000);
  rig.s3.script = ({ operation, url }) =>
    operation === 'put' && url.pathname.endsWith(destination.key) && rig.seen(destination.key, 'put') === 1
      ? 'loseAnswer'
      : 'pass';
  const event = rig.event(source, destination);
  const handle = await rig.start(event);
  expect(await handle.result()).toMatchObject({ bytes: 1_000, attempts: 2 });
  expect(await activitiesOf(handle)).toEqual(['local', 'moveObject']);
  // The store had it: it was asked for it before anything was sent again.
  expect([rig.seen(destination.key, 'put'), rig.seen(destination.key, 'head')]).toEqual([1, 1]);
  const messages = rig.lines(event).map(({ message }) => message.split(' ')[0]);
  expect(messages).toEqual(['Transferring', 'Attempt', 'Transferred']);
}, 30_000);

test('a cancel that comes meanwhile is heard at the end of the try, and what was written is taken back', async () => {
  const { source, destination } = await prepared(1_000);
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  rig.s3.script = ({ operation, url }) =>
    operation === 'put' && url.pathname.endsWith(destination.key) ? { answerAfter: released } : 'pass';
  const event = rig.event(source, destination);
  const handle = await rig.start(event);
  await until(() => rig.seen(destination.key, 'put') === 1, { what: 'the object to be written', timeoutMs: 20_000 });
  await handle.cancel();
  release();
  expect(await failureOf(handle)).toMatchObject({ code: 'Cancelled' });
  expect(await rig.read(destination)).toBeNull();
  expect(rig.seen(destination.key, 'put')).toBe(1);
  expect(rig.letters(event)).toEqual([]);
}, 30_000);

// The last ones: they end the worker.
test('SIGTERM in the middle hands over: another worker ends it, and nothing is lost or written twice', async () => {
  const { source, destination, body } = await prepared(1_000);
  rig.s3.script = ({ url }) =>
    url.pathname.endsWith(source.key) && rig.seen(source.key) === 1 ? { holdUntil: never } : 'pass';
  const handle = await rig.start(rig.event(source, destination));
  await until(() => rig.seen(source.key) === 1, { what: 'the object to be asked for', timeoutMs: 20_000 });
  const [worker] = rig.harness.workers;
  const stopped = worker?.stop();
  await rig.harness.startWorker({ env: rig.env });
  await stopped;
  expect(await handle.result()).toMatchObject({ bytes: 1_000, attempts: 1 });
  expect(rig.seen(destination.key, 'put')).toBe(1);
  expect((await rig.read(destination))?.body.equals(body)).toBe(true);
}, 60_000);

test('SIGKILL after the object was written: the next worker finds it and writes nothing', async () => {
  const { source, destination, body } = await prepared(1_000);
  rig.s3.script = ({ operation, url }) =>
    operation === 'put' && url.pathname.endsWith(destination.key) ? { answerAfter: never } : 'pass';
  const handle = await rig.start(rig.event(source, destination, { maxRetries: 0 }));
  await until(() => rig.seen(destination.key, 'put') === 1, { what: 'the object to be written', timeoutMs: 20_000 });
  await rig.harness.workers.at(-1)?.kill();
  await rig.harness.startWorker({ env: rig.env });
  expect(await handle.result()).toMatchObject({ bytes: 1_000, attempts: 1 });
  expect([rig.seen(destination.key, 'put'), rig.seen(destination.key, 'head')]).toEqual([1, 1]);
  expect((await rig.read(destination))?.body.equals(body)).toBe(true);
}, 60_000);
