import { randomBytes } from 'node:crypto';
import { ApplicationFailure, type Payload, TimeoutFailure } from '@temporalio/common';
import {
  decodeOptionalFailureToOptionalError,
  encodeErrorToFailure,
  encodeToPayloads,
  loadDataConverter,
} from '@temporalio/common/lib/internal-non-workflow';
import { temporal } from '@temporalio/proto';
import { type PayloadKeys, readPayloadKeys } from '../../../src/config/payload-keys';
import { LonghaulError } from '../../../src/model/errors';
import { PAYLOAD_ERRORS } from '../../../src/model/error-table/payload';
import { clientDataConverter, describePayloadKeys, workerDataConverter } from '../../../src/ops/data-converter';
import { READABLE_CODES } from '../../../src/ops/failure-converter';
import { createLogger } from '../../../src/ops/logging';

const key = (): string => randomBytes(32).toString('base64');
const ONE = key();
const keysOf = (list: string): PayloadKeys => readPayloadKeys({ LONGHAUL_PAYLOAD_KEYS: list });
const PLAIN = 'https://vendor.example/part-0.parquet is not there';

const failing = (): Error =>
  ApplicationFailure.create({
    message: PLAIN,
    type: 'SourceNotFound',
    details: [{ bucket: 'proj01-target-bucket' }],
    cause: new Error('proj01 refused'),
  });

test('a failure shows its type alone, and gives everything back', async () => {
  const converter = loadDataConverter(clientDataConverter(keysOf(`k1:${ONE}`)));
  const failure = await encodeErrorToFailure(converter, failing());
  const text = JSON.stringify(failure, (_, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
  );
  expect(text).not.toMatch(/vendor|proj01|data-converter\.test/);
  expect(failure.applicationFailureInfo?.type).toBe('SourceNotFound');
  const back = await decodeOptionalFailureToOptionalError(converter, failure);
  expect(back).toMatchObject({ message: PLAIN, type: 'SourceNotFound', details: [{ bucket: 'proj01-target-bucket' }] });
  expect(back?.stack).toContain('data-converter.test');
  expect(back?.cause).toMatchObject({ message: 'proj01 refused' });
});

test('without a current key texts stay as they are', async () => {
  for (const keys of [readPayloadKeys({}), keysOf(`plain,k1:${ONE}`)]) {
    const failure = await encodeErrorToFailure(loadDataConverter(clientDataConverter(keys)), failing());
    expect(failure).toMatchObject({ message: PLAIN, cause: { message: 'proj01 refused' } });
    expect(failure.encodedAttributes ?? null).toBeNull();
  }
});

test('what the server itself says is read beside what is encoded', async () => {
  const converter = loadDataConverter(clientDataConverter(keysOf(`k1:${ONE}`)));
  const back = await decodeOptionalFailureToOptionalError(converter, {
    message: 'activity Heartbeat timeout',
    timeoutFailureInfo: { timeoutType: temporal.api.enums.v1.TimeoutType.TIMEOUT_TYPE_HEARTBEAT },
  });
  expect(back).toBeInstanceOf(TimeoutFailure);
  expect(back?.message).toBe('activity Heartbeat timeout');
});

test('a worker logs what it cannot decode, of which run, and its failure stays readable', async () => {
  const lines: string[] = [];
  const logger = createLogger({ destination: { write: (line) => lines.push(line) } });
  const payloads = await encodeToPayloads(loadDataConverter(clientDataConverter(keysOf(`k1:${ONE}`))), 'x');
  const keys = keysOf(`k2:${key()}`);
  const worker = loadDataConverter(workerDataConverter(keys, logger));
  const decode = (input: Payload[]) =>
    worker.payloadCodecs[0]!.decode(input, { type: 'workflow', namespace: 'default', workflowId: 'export-sample' });
  const error: unknown = await decode(payloads ?? []).catch((failure: unknown) => failure);
  expect(error).toMatchObject({ type: 'PayloadKeyMissing', nonRetryable: false });
  expect(JSON.parse(lines.join(''))).toMatchObject({
    event: 'payload_undecodable',
    level: 'ERROR',
    code: 'PayloadKeyMissing',
    workflowId: 'export-sample',
    message: expect.stringContaining('"k1"') as string,
    hint: expect.stringContaining('LONGHAUL_PAYLOAD_KEYS') as string,
  });
  const failure = await encodeErrorToFailure(worker, error);
  expect(failure.message).toMatch(/encrypted with the key "k1".*LONGHAUL_PAYLOAD_KEYS/);
});

test('damage is not tried again, and the codes that stay readable are those of the table', () => {
  expect(new LonghaulError('PayloadDamaged', '').retryable).toBe(false);
  expect([...READABLE_CODES].sort()).toEqual(Object.keys(PAYLOAD_ERRORS).sort());
});

test('what is said of the keys', () => {
  expect(describePayloadKeys(readPayloadKeys({}))).toBe('off');
  expect(describePayloadKeys(keysOf(`k2:${key()},k1:${ONE}`))).toBe('key k2, decrypts k1 too');
  expect(describePayloadKeys(keysOf(`plain,k1:${ONE}`))).toBe('off, decrypts k1 too');
});
