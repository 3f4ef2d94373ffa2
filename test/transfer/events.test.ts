/** What a transfer tells while it runs. */
import { once, EventEmitter } from 'node:events';
import { abortUpload, openTransfer, transferParts, type TransferEvent, type TransferSpec } from '../../src/transfer';
import { cutAfter } from '../support/source-server';
import { bytesOf, makeControl, MIB, moveAll } from '../support/transfer-rig';
import { startRelayRig, type RelayRig } from './support/relay-rig';

let rig: RelayRig;
let events: TransferEvent[];
const SIZE = 11 * MIB;

beforeAll(async () => {
  rig = await startRelayRig('events', () => ({ body: bytesOf(SIZE), etag: '"v1"' }));
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.reset();
  events = [];
});

const spec = (rest: object = {}): TransferSpec =>
  rig.spec({
    publish: 'direct',
    lanes: 1,
    onEvent: (event: TransferEvent) => void events.push(event),
    ...rest,
  });

const steps = (): string[] =>
  events
    .filter(({ kind }) => kind !== 'progress')
    .map((event) => ('number' in event ? `${event.kind} ${event.number} ${event.bytes}` : event.kind));

type Told = Extract<TransferEvent, { kind: 'progress' }>;
const progress = (): Told[] => events.filter((event): event is Told => event.kind === 'progress');

test('a large object: every step once, in order', async () => {
  await moveAll(spec());
  expect(steps()).toEqual([
    'upload_begin_start',
    'upload_begin_done',
    `part_start 1 ${5 * MIB}`,
    `part_done 1 ${5 * MIB}`,
    `part_found 1 ${5 * MIB}`,
    `part_start 2 ${5 * MIB}`,
    `part_done 2 ${5 * MIB}`,
    `part_start 3 ${MIB}`,
    `part_done 3 ${MIB}`,
    'complete_start',
    'complete_done',
  ]);
  expect(progress().at(-1)).toEqual({ kind: 'progress', bytes: SIZE, expectedBytes: SIZE });
  // Chunk by chunk, not part by part.
  expect(progress().length).toBeGreaterThan(20);
});

test('a small object', async () => {
  rig.source.file.body = bytesOf(1000);
  await moveAll(spec());
  expect(steps()).toEqual(['put_start', 'put_done']);
  expect(progress().at(-1)).toEqual({ kind: 'progress', bytes: 1000, expectedBytes: 1000 });
});

test('without a length there is nothing to be a percentage of', async () => {
  rig.source.fault = (_request, response, file) => {
    response.writeHead(200, { 'transfer-encoding': 'chunked' }).end(file.body);
    return true;
  };
  await moveAll(spec());
  expect(new Set(progress().map(({ expectedBytes }) => expectedBytes))).toEqual(new Set([null]));
  expect(progress().at(-1)?.bytes).toBe(SIZE);
});

test('progress comes while the first part is still being read', async () => {
  const bell = new EventEmitter();
  let sendRest = (): void => undefined;
  rig.source.fault = (_request, response, file) => {
    response.writeHead(200, { 'transfer-encoding': 'chunked' });
    response.write(file.body.subarray(0, MIB));
    sendRest = () => response.end(file.body.subarray(MIB));
    return true;
  };
  const onEvent = (event: TransferEvent): void => {
    events.push(event);
    if (event.kind === 'progress' && event.bytes >= MIB) bell.emit('read');
  };
  const read = once(bell, 'read');
  const opening = openTransfer(spec({ onEvent }), makeControl());
  await read;
  expect(steps()).toEqual([]);
  sendRest();
  expect((await opening).kind).toBe('begun');
});

test.each([
  ['ranges', '"v1"'],
  ['one stream', undefined],
])('%s that break: what is read twice counts once in the end', async (_name, etag) => {
  rig.source.file.etag = etag;
  const broken = new Set<number>();
  rig.source.fault = (request, response, file) => {
    const first = request.range?.first ?? -1;
    if (broken.has(first)) return false;
    broken.add(first);
    cutAfter(request, response, file, 700_000);
    return true;
  };
  await moveAll(spec({ lanes: 3 }));
  expect(broken.size).toBeGreaterThan(1);
  expect(progress().at(-1)).toEqual({ kind: 'progress', bytes: SIZE, expectedBytes: SIZE });
});

test('parts of an earlier attempt are told as found', async () => {
  const job = spec();
  const opened = await openTransfer(job, makeControl());
  if (opened.kind !== 'begun') throw new Error('it does not fit in one part');
  events = [];
  await transferParts(job, opened.upload, makeControl());
  expect(steps()[0]).toBe(`part_found 1 ${5 * MIB}`);
  expect(progress()[0]).toEqual({ kind: 'progress', bytes: 5 * MIB, expectedBytes: SIZE });
});

test('an abort, and one of what is gone', async () => {
  const job = spec();
  const opened = await openTransfer(job, makeControl());
  if (opened.kind !== 'begun') throw new Error('it does not fit in one part');
  events = [];
  const { destination, key, onEvent } = job;
  const { uploadId } = opened.upload;
  const request = { destination, key, uploadId, onEvent: onEvent!, signal: new AbortController().signal };
  await abortUpload(request);
  await abortUpload(request);
  expect(events).toEqual([
    { kind: 'abort_start', uploadId },
    { kind: 'abort_done', uploadId, wasThere: true },
    { kind: 'abort_start', uploadId },
    { kind: 'abort_done', uploadId, wasThere: false },
  ]);
});

test('a listener that throws breaks nothing', async () => {
  const onEvent = (): never => {
    throw new Error('a broken log');
  };
  expect(await moveAll(spec({ onEvent }))).toMatchObject({ bytes: SIZE, verified: 'crc32' });
});
