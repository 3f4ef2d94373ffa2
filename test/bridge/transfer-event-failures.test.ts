/** Events that fail: what is tried again and when, what is final, what is left at the destination, and what the queue holds. */
import { EventRig, PART_BYTES, patterned, sha256Of } from '../support/event-rig';
import { errorOf, longhaul } from '../support/longhaul-command';
import { failureOf } from '../support/run-outcome';
import { errorXml, type Verdict } from '../support/s3-proxy';
import { uniqueName } from '../support/shared-stack';
import { until } from '../support/until';

const UNAVAILABLE = { status: 503, body: errorXml('SlowDown') };

let rig: EventRig;
beforeAll(async () => {
  rig = await EventRig.start();
}, 90_000);
afterAll(() => rig.stop());
afterEach(() => {
  rig.s3.script = () => 'pass';
  rig.sqs.isDown = false;
});

/** An object at a source of its own, and the addresses. */
const prepared = async (bytes: number, from: 'aws_s3' | 'gcp_gcs' = 'aws_s3', to: 'aws_s3' | 'gcp_gcs' = 'aws_s3') => {
  const name = uniqueName('case');
  const [source, destination] = [rig.at(from, `${name}/in`), rig.at(to, `${name}/out`)];
  const body = patterned(bytes);
  await rig.put(source, body);
  return { source, destination, body };
};

/** The times of requests for a key, in ms. */
const timed = (key: string, verdict: (nth: number) => Verdict): number[] => {
  const times: number[] = [];
  rig.s3.script = ({ url }) => {
    if (!url.pathname.endsWith(`/${key}`)) return 'pass';
    times.push(performance.now());
    return verdict(times.length);
  };
  return times;
};

/** Whole seconds between them: never less than was to be waited, and on a busy machine hardly more. */
const gaps = (times: readonly number[]): number[] =>
  times.slice(1).map((time, index) => Math.floor((time - (times[index] ?? 0)) / 1000));

test('what may pass is tried again after 1, 2 and 4 seconds, then the event is in the dead-letter queue', async () => {
  const { source, destination } = await prepared(1_000);
  const times = timed(source.key, () => UNAVAILABLE);
  const event = rig.event(source, destination);
  const handle = await rig.start(event);
  const failure = await failureOf(handle);
  expect(failure).toMatchObject({ code: 'SourceThrottled', details: { attempts: 4 } });
  expect(times).toHaveLength(4);
  expect(gaps(times)).toEqual([1, 2, 4]);
  const { runId } = await handle.describe();
  expect(rig.letters(event)).toEqual([
    {
      schemaVersion: '1.0.0',
      event,
      error: { code: 'SourceThrottled', message: failure.message },
      attempts: 4,
      workflowId: handle.workflowId,
      runId,
      failedAt: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      replay: expect.stringContaining('longhaul dlq replay') as string,
    },
  ]);
  const levels = ['INFO', 'WARNING', 'WARNING', 'WARNING', 'ERROR', 'WARNING'];
  expect(rig.lines(event).map(({ level }) => level)).toEqual(levels);
  // A failed event may be sent again.
  rig.s3.script = () => 'pass';
  expect(await (await rig.start(event)).result()).toMatchObject({ bytes: 1_000 });
}, 40_000);

test('Retry-After wins over the backoff, and a try that succeeds is counted', async () => {
  const { source, destination } = await prepared(1_000);
  const times = timed(source.key, (nth) => {
    if (nth === 1) return { ...UNAVAILABLE, headers: { 'retry-after': '3' } };
    return nth === 2 ? UNAVAILABLE : 'pass';
  });
  const result = await (await rig.start(rig.event(source, destination))).result();
  expect(result.attempts).toBe(3);
  expect(gaps(times)).toEqual([3, 2]);
});

test('maxRetries 0 means one try', async () => {
  const { source, destination } = await prepared(1_000);
  const times = timed(destination.key, () => UNAVAILABLE);
  const event = rig.event(source, destination, { maxRetries: 0 });
  const failure = await failureOf(await rig.start(event));
  expect(failure).toMatchObject({ code: 'DestinationThrottled', details: { attempts: 1 } });
  // Refused is refused: there is nothing to look for at the destination.
  expect(times).toHaveLength(1);
});

test('a part that arrives gives the tries back: one fault after the other is survived', async () => {
  const { source, destination, body } = await prepared(4 * PART_BYTES);
  const failed = new Set<string>();
  rig.s3.script = ({ operation, url }) => {
    const part = url.searchParams.get('partNumber') ?? '';
    if (operation !== 'part' || failed.has(part)) return 'pass';
    failed.add(part);
    return UNAVAILABLE;
  };
  const event = rig.event(source, destination, { maxRetries: 1, checksumSHA256: sha256Of(body) });
  const result = await (await rig.start(event)).result();
  expect(failed.size).toBe(4);
  expect(result.attempts).toBeGreaterThan(2);
  expect((await rig.read(destination))?.body.equals(body)).toBe(true);
}, 40_000);

test.each([
  ['small', 1_000],
  ['in parts', 2 * PART_BYTES + 1],
])('a wrong SHA-256 of an object that is %s is final: nothing is visible, nothing tried again', async (_, bytes) => {
  const { source, destination } = await prepared(bytes, 'gcp_gcs', 'aws_s3');
  const event = rig.event(source, destination, { checksumSHA256: 'a'.repeat(64) });
  expect(await failureOf(await rig.start(event))).toMatchObject({ code: 'ChecksumDiffers', details: { attempts: 1 } });
  expect(await rig.read(destination)).toBeNull();
  expect(rig.seen(destination.key, 'complete') + rig.seen(destination.key, 'put')).toBe(0);
  expect(await rig.uploads()).toEqual([]);
  expect(rig.letters(event)).toMatchObject([{ error: { code: 'ChecksumDiffers' }, attempts: 1 }]);
});

test.each([['aws_s3'] as const, ['gcp_gcs'] as const])('a missing object of %s is final', async (provider) => {
  const event = rig.event(rig.at(provider, 'nowhere'), rig.at('aws_s3', uniqueName('never')));
  expect(await failureOf(await rig.start(event))).toMatchObject({ code: 'SourceNotFound', details: { attempts: 1 } });
  expect(rig.letters(event)).toMatchObject([{ error: { code: 'SourceNotFound' }, attempts: 1 }]);
});

test('refused access is final, on either side', async () => {
  const { source, destination } = await prepared(1_000);
  const denied = { status: 403, body: errorXml('AccessDenied') };
  for (const key of [source.key, destination.key]) {
    const times = timed(key, () => denied);
    const event = rig.event(source, destination);
    const { code, details } = await failureOf(await rig.start(event));
    expect(code).toBe(key === source.key ? 'SourceForbidden' : 'AccessDenied');
    expect(details).toMatchObject({ attempts: 1 });
    expect(times).toHaveLength(1);
    expect(rig.letters(event)).toMatchObject([{ error: { code } }]);
  }
});

test('a source that is replaced in the middle is never mixed: final, and taken back', async () => {
  const { source, destination } = await prepared(4 * PART_BYTES);
  let isReplaced = false;
  rig.s3.script = ({ operation, url }) => {
    if (operation !== 'part' || !url.pathname.endsWith(destination.key) || isReplaced) return 'pass';
    isReplaced = true;
    return { holdUntil: rig.put(source, patterned(4 * PART_BYTES + 4)) };
  };
  const event = rig.event(source, destination);
  expect(await failureOf(await rig.start(event))).toMatchObject({ code: 'SourceChanged' });
  expect(await rig.read(destination)).toBeNull();
  expect(await rig.uploads()).toEqual([]);
});

test('a dead-letter queue that is down keeps the event waiting, and gets it when it is there again', async () => {
  rig.sqs.isDown = true;
  const before = rig.sqs.asked;
  const event = rig.event(rig.at('aws_s3', 'nowhere'), rig.at('aws_s3', uniqueName('never')));
  const handle = await rig.start(event);
  await until(() => rig.sqs.asked >= before + 2, { what: 'a second try at the queue', timeoutMs: 20_000 });
  expect((await handle.describe()).status.name).toBe('RUNNING');
  // What would not help is refused, and nothing is asked of the run: its event must not be lost.
  const aborted = await longhaul(rig.harness, 'abort', handle.workflowId, '--json');
  const message = expect.stringMatching(/has failed \(SourceNotFound\).* waits for its dead-letter queue/) as string;
  expect([aborted.exitCode, errorOf(aborted)]).toEqual([2, expect.objectContaining({ code: 'InvalidInput', message })]);
  // What is wrong with the queue can be seen from outside.
  const pending = await longhaul(rig.harness, 'activity', 'list', handle.workflowId);
  expect(pending.stdout).toMatch(/run\/\d+ +puts the event into the dead-letter queue/);
  expect(pending.stdout).toMatch(/failed: .*\[Queue\w+\]\n +hint: /);
  const { events } = await handle.fetchHistory();
  expect(events?.filter((event) => event.workflowExecutionCancelRequestedEventAttributes)).toEqual([]);
  rig.sqs.isDown = false;
  expect(await failureOf(handle)).toMatchObject({ code: 'SourceNotFound' });
  expect(rig.letters(event)).toHaveLength(1);
}, 40_000);

test('without a dead-letter queue it just fails', async () => {
  const event = rig.event(rig.at('aws_s3', 'nowhere'), rig.at('aws_s3', uniqueName('never')));
  expect(await failureOf(await rig.start(event, false))).toMatchObject({ code: 'SourceNotFound' });
  expect(rig.letters(event)).toEqual([]);
});

test('a cancel in the middle takes the upload back, and is no failure for the queue', async () => {
  const { source, destination } = await prepared(4 * PART_BYTES);
  let held = 0;
  rig.s3.script = ({ operation, url }) => {
    if (operation !== 'part' || !url.pathname.endsWith(destination.key) || url.searchParams.get('partNumber') === '1') {
      return 'pass';
    }
    held += 1;
    return { holdUntil: new Promise(() => undefined) };
  };
  const event = rig.event(source, destination);
  const handle = await rig.start(event);
  await until(() => held > 0, { what: 'a part under way', timeoutMs: 20_000 });
  await handle.cancel();
  expect(await failureOf(handle)).toMatchObject({ code: 'Cancelled' });
  expect(await rig.uploads()).toEqual([]);
  expect(await rig.read(destination)).toBeNull();
  expect(rig.letters(event)).toEqual([]);
  rig.s3.script = () => 'pass';
  expect(await (await rig.start(event)).result()).toMatchObject({ bytes: 4 * PART_BYTES });
}, 40_000);
