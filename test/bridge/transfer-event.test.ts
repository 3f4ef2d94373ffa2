/** Objects that go where their events say: all four ways, small and in parts, on real stores. */
import type { ObjectProvider } from '../../src/model/transfer-event';
import { EventRig, PART_BYTES, patterned, sha256Of } from '../support/event-rig';
import { failureOf } from '../support/run-outcome';
import { uniqueName } from '../support/shared-stack';

const MIB = 2 ** 20;
const WAYS: [ObjectProvider, ObjectProvider][] = [
  ['aws_s3', 'gcp_gcs'],
  ['gcp_gcs', 'aws_s3'],
  ['aws_s3', 'aws_s3'],
  ['gcp_gcs', 'gcp_gcs'],
];
const SIZES: [string, number][] = [
  ['empty', 0],
  ['small', 100_003],
  ['in parts', 2 * PART_BYTES + 12_345],
  ['beyond a session', 66 * MIB],
];

let rig: EventRig;
beforeAll(async () => {
  rig = await EventRig.start();
}, 90_000);
afterAll(() => rig.stop());

describe.each(WAYS)('from %s to %s', (from, to) => {
  it.each(SIZES)(
    'an object that is %s arrives byte-exact, with its type and its SHA-256 compared',
    async (_, bytes) => {
      const body = patterned(bytes);
      const source = rig.at(from, `${uniqueName('in')}/a b+c%.bin`);
      const destination = rig.at(to, `${uniqueName('out')}/ä.bin`);
      await rig.put(source, body);
      const sha256 = sha256Of(body);
      const event = rig.event(source, destination, { checksumSHA256: sha256.toUpperCase() });
      const result = await (await rig.start(event)).result();

      expect(result).toMatchObject({
        eventId: event.eventId,
        correlationId: event.correlationId,
        bytes,
        resentBytes: 0,
        verified: 'sha256',
        checksums: { sha256 },
        attempts: 1,
      });
      expect(result.stored).toEqual(
        expect.objectContaining(to === 'gcp_gcs' ? { generation: expect.stringMatching(/^\d+$/) as string } : {}),
      );
      const stored = await rig.read(destination);
      expect(stored?.body.equals(body)).toBe(true);
      expect(stored?.contentType).toBe('application/x-test');
      expect(rig.letters(event)).toEqual([]);
      expect(await rig.uploads()).toEqual([]);
    },
  );
});

test('the content type of the event wins; without a SHA-256 the stores’ checksums are compared', async () => {
  const [source, destination] = [rig.at('aws_s3', 'typed/in'), rig.at('gcp_gcs', 'typed/out')];
  await rig.put(source, patterned(1_000), 'text/plain');
  const event = rig.event(source, destination, { contentType: 'text/csv; charset=utf-8' });
  const result = await (await rig.start(event)).result();
  expect(result).toMatchObject({ verified: 'crc32c', checksums: { crc32c: expect.any(String) as string } });
  expect(await rig.read(destination)).toMatchObject({ contentType: 'text/csv; charset=utf-8' });
});

test('a small object is two requests, and its log lines have the eight fields', async () => {
  const [source, destination] = [rig.at('aws_s3', 'two/in'), rig.at('aws_s3', 'two/out')];
  await rig.put(source, patterned(5_000));
  const event = rig.event(source, destination);
  await (await rig.start(event)).result();
  expect([rig.seen('two/in'), rig.seen('two/in', 'get')]).toEqual([1, 1]);
  expect([rig.seen('two/out'), rig.seen('two/out', 'put')]).toEqual([1, 1]);
  const lines = rig.lines(event);
  expect(lines.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^Transferring s3:/),
    expect.stringMatching(/^Transferred s3:.*verified by crc32$/),
  ]);
  expect(lines[1]).toMatchObject({ level: 'INFO', bytes_transferred: 5_000, service: 'transfer-worker' });
  expect(Object.keys(lines[1] ?? {})).toHaveLength(8);
});

test('a hundred starts of one event at once move the bytes once', async () => {
  const [source, destination] = [rig.at('aws_s3', 'hundred/in'), rig.at('gcp_gcs', 'hundred/out')];
  await rig.put(source, patterned(50_000));
  const event = rig.event(source, destination);
  const starts = await Promise.allSettled(Array.from({ length: 100 }, () => rig.start(event)));
  const started = starts.filter(({ status }) => status === 'fulfilled');
  expect(started).toHaveLength(1);
  await rig.harness.client.workflow.getHandle(`transfer-event/${event.eventId}`).result();
  // And once more when it is done.
  await expect(rig.start(event)).rejects.toThrow(/already/i);
  expect(rig.seen('hundred/in', 'get')).toBe(1);
  const uploads = rig.gcs.log.requests.filter(({ receivedBytes }) => receivedBytes >= 50_000 && receivedBytes < 51_000);
  expect(uploads).toHaveLength(1);
});

test('the bare event is taken too, as `temporal workflow start` gives it', async () => {
  const [source, destination] = [rig.at('gcp_gcs', 'bare/in'), rig.at('aws_s3', 'bare/out')];
  await rig.put(source, patterned(2_000));
  const event = rig.event(source, destination);
  const handle = await rig.harness.client.workflow.start('transferEvent', {
    taskQueue: 'longhaul',
    workflowId: uniqueName('typed'),
    args: [event],
  });
  expect(await handle.result()).toMatchObject({ bytes: 2_000, attempts: 1 });
});

test.each([undefined, null, 'text', 7, {}, { event: null }, { event: { source: 1, metadata: null } }])(
  'the input %j fails with what is wrong with it',
  async (input) => {
    const handle = await rig.harness.client.workflow.start('transferEvent', {
      taskQueue: 'longhaul',
      workflowId: uniqueName('wrong'),
      args: [input],
    });
    expect(await failureOf(handle)).toMatchObject({
      code: 'EventInvalid',
      message: expect.stringMatching(/must be one JSON object|eventId is missing/) as string,
      details: { attempts: 0 },
    });
  },
);

test('an object at the destination is replaced, or kept where the event says so', async () => {
  const [source, destination] = [rig.at('aws_s3', 'exists/in'), rig.at('aws_s3', 'exists/out')];
  const body = patterned(3_000);
  await rig.put(source, body);
  await rig.put(destination, Buffer.from('old'));
  const kept = rig.event(source, destination, { ifExists: 'ifAbsent' });
  expect(await failureOf(await rig.start(kept))).toMatchObject({ code: 'DestinationExists', details: { attempts: 1 } });
  expect((await rig.read(destination))?.body.toString()).toBe('old');
  expect(rig.letters(kept)).toMatchObject([{ error: { code: 'DestinationExists' }, attempts: 1 }]);

  const looked = rig.seen('exists/out', 'head');
  const replaced = rig.event(source, destination, { ifExists: 'overwrite', verify: 'read-back' });
  await (await rig.start(replaced)).result();
  expect((await rig.read(destination))?.body.equals(body)).toBe(true);
  expect(rig.seen('exists/out', 'head')).toBe(looked + 1);
});
