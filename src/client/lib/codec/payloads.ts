/** The bodies of Temporal's remote codec protocol: `{"payloads": [...]}`, each payload as protobuf writes it in JSON, bytes in base64. */
import type { Payload } from '@temporalio/common';
import { LonghaulError } from '../../../model/errors';

type PayloadJson = Readonly<Record<string, unknown>>;

const invalid = (fault: string): LonghaulError =>
  new LonghaulError('InvalidInput', `The body is not {"payloads": [...]}: ${fault}.`);

const isObject = (value: unknown): value is PayloadJson =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Both alphabets of base64, as readers of protobuf's JSON have to take them. */
const bytesOf = (value: unknown, what: string): Buffer => {
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/_-]*={0,2}$/.test(value)) throw invalid(`${what} is not base64`);
  return Buffer.from(value, 'base64');
};

const payloadOf = (json: unknown, index: number): Payload => {
  if (!isObject(json)) throw invalid(`payload ${index} is no object`);
  const { metadata = {}, data = '' } = json;
  if (!isObject(metadata)) throw invalid(`metadata of payload ${index} is no object`);
  const entries = Object.entries(metadata).map(([name, value]) => [
    name,
    bytesOf(value, `metadata of payload ${index}`),
  ]);
  return {
    metadata: Object.fromEntries(entries) as Record<string, Uint8Array>,
    data: bytesOf(data, `data of payload ${index}`),
  };
};

const base64 = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString('base64');

const jsonOf = ({ metadata, data }: Payload): PayloadJson => ({
  metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)])),
  data: base64(data),
});

/**
 * The body with its payloads changed by `change`; a payload that comes back as it was keeps fields that we do not know.
 * Throws InvalidInput where the body is none of the protocol, and whatever `change` throws.
 */
export const withPayloads = async (
  body: Buffer,
  change: (payloads: Payload[]) => Promise<Payload[]>,
): Promise<{ readonly payloads: readonly unknown[] }> => {
  let json: unknown;
  try {
    json = JSON.parse(body.toString('utf8'));
  } catch {
    // What a parser says quotes the body.
    throw invalid('it is no JSON');
  }
  const list = isObject(json) ? (json.payloads ?? []) : null;
  if (!Array.isArray(list)) throw invalid('there is no list of payloads');
  const before = list.map(payloadOf);
  const after = await change(before);
  return { payloads: after.map((payload, n) => (payload === before[n] ? (list[n] as unknown) : jsonOf(payload))) };
};
