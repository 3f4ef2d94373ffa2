import { randomBytes } from 'node:crypto';
import { type Payload, toPayloads, defaultPayloadConverter } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { type PayloadKeys, readPayloadKeys } from '../../../src/config/payload-keys';
import { payloadFromBytes, payloadToBytes } from '../../../src/ops/payload-bytes';
import { EncryptingCodec, ENCRYPTED_ENCODING, isEncrypted } from '../../../src/ops/payload-codec';

const ONE = randomBytes(32).toString('base64');
const TWO = randomBytes(32).toString('base64');
const keysOf = (list: string): PayloadKeys => readPayloadKeys({ LONGHAUL_PAYLOAD_KEYS: list });
const codecOf = (list: string): EncryptingCodec => new EncryptingCodec(keysOf(list));
const payloadsOf = (...values: unknown[]): Payload[] => toPayloads(defaultPayloadConverter, ...values) ?? [];
const valueOf = (payload: Payload | undefined): unknown => defaultPayloadConverter.fromPayload(payload!);
const SECRET = { bucket: 'proj01-target-bucket', key: 'a/b/part-0.parquet' };

const sealed = async (list: string, value: unknown = SECRET): Promise<Payload> => {
  const [payload] = await codecOf(list).encode(payloadsOf(value));
  return payload!;
};

describe('a payload as bytes', () => {
  it.each([
    ['JSON', payloadsOf({ a: 'ä' })[0]!],
    ['nothing', payloadsOf(undefined)[0]!],
    ['bytes', payloadsOf(randomBytes(5))[0]!],
    ['megabytes', payloadsOf('x'.repeat(2 ** 21))[0]!],
    // As protobufjs gives it to the codec of a worker.
    [
      'nothing, after the SDK',
      { metadata: { encoding: Buffer.from('binary/null') }, data: [] as unknown as Uint8Array },
    ],
    ['no metadata', { data: Buffer.from('x') }],
    ['an empty value', { metadata: { encoding: Buffer.alloc(0), ['']: Buffer.from('v') }, data: Buffer.alloc(0) }],
  ] as [string, Payload][])('is what protobuf makes of it: %s', (_, payload) => {
    const bytes = payloadToBytes(payload);
    const { Payload: proto } = temporal.api.common.v1;
    const plain = ({ metadata, data }: Payload): unknown => ({
      metadata: Object.fromEntries(
        Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('hex')]),
      ),
      data: Buffer.from(data ?? []).toString('latin1'),
    });
    expect(plain(proto.decode(bytes))).toEqual(plain(payload));
    expect(plain(payloadFromBytes(bytes))).toEqual(plain(payload));
    expect(plain(payloadFromBytes(Buffer.from(proto.encode(payload).finish())))).toEqual(plain(payload));
  });

  it('leaves fields of newer versions out, and refuses what is cut off or no message', () => {
    const newer = Buffer.concat([payloadToBytes({ data: Buffer.from('x') }), Buffer.from([0x1a, 1, 7])]);
    expect(Buffer.from(payloadFromBytes(newer).data!).toString()).toBe('x');
    for (const bytes of [[0x0a], [0x12, 5, 1], [0x08, 1], [0x12, 255, 255, 255, 255, 255, 1]]) {
      expect(() => payloadFromBytes(Buffer.from(bytes))).toThrow(RangeError);
    }
  });
});

describe('the codec', () => {
  it('gives back what it was given and shows nothing of it', async () => {
    const codec = codecOf(`k1:${ONE}`);
    const before = payloadsOf(SECRET, undefined, 'text', null, 7);
    const encoded = await codec.encode(before);
    expect(encoded).toHaveLength(5);
    for (const payload of encoded) {
      expect(isEncrypted(payload)).toBe(true);
      expect(Object.keys(payload.metadata ?? {}).sort()).toEqual(['encoding', 'longhaul-key-check', 'longhaul-key-id']);
      expect(Buffer.from(payload.metadata!.encoding!).toString()).toBe(ENCRYPTED_ENCODING);
    }
    expect(Buffer.concat(encoded.map(({ data }) => data!)).toString('latin1')).not.toMatch(/bucket|parquet|json/);
    expect((await codec.decode(encoded)).map(valueOf)).toEqual([SECRET, undefined, 'text', null, 7]);
  });

  it('never writes the same twice', async () => {
    const [first, second] = [await sealed(`k1:${ONE}`), await sealed(`k1:${ONE}`)];
    expect(Buffer.from(first.data!).equals(second.data!)).toBe(false);
  });

  it('lets what is not its own pass, both ways where there is no key', async () => {
    const mine = payloadsOf(SECRET);
    const foreign = [
      { metadata: { encoding: Buffer.from('binary/encrypted') }, data: Buffer.from('x') },
      { data: null },
    ];
    expect(await codecOf(`k1:${ONE}`).decode([...mine, ...foreign])).toEqual([...mine, ...foreign]);
    const off = new EncryptingCodec(readPayloadKeys({}));
    expect(await off.encode(mine)).toBe(mine);
    expect(await off.decode(mine)).toEqual(mine);
  });

  it('decrypts with every key it knows, encrypts with the first', async () => {
    const old = await sealed(`k1:${ONE}`);
    const rotated = codecOf(`k2:${TWO},k1:${ONE}`);
    const [payload] = await rotated.decode([old]);
    expect(valueOf(payload)).toEqual(SECRET);
    const [renewed] = await rotated.encode([payload!]);
    expect(Buffer.from(renewed!.metadata!['longhaul-key-id']!).toString()).toBe('k2');
    const plain = codecOf(`plain,k1:${ONE}`);
    expect((await plain.decode([old])).map(valueOf)).toEqual([SECRET]);
    expect(await plain.encode(payloadsOf(SECRET))).toEqual(payloadsOf(SECRET));
  });

  it.each([
    ['no keys at all', 'plain', 'PayloadKeyMissing', /key "k1", and this process has no keys/],
    ['another id', `k2:${TWO}`, 'PayloadKeyMissing', /key "k1", and this process has "k2" alone/],
    ['another key of the same id', `k1:${TWO}`, 'PayloadKeyWrong', /another key of the id "k1"/],
  ])('says what is wrong: %s', async (_, list, code, message) => {
    const failing = codecOf(list).decode([await sealed(`k1:${ONE}`)]);
    await expect(failing).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
  });

  it('notices every changed byte, and whatever is cut off or put under another id', async () => {
    const codec = codecOf(`k1:${ONE},k2:${ONE}`);
    const payload = await sealed(`k1:${ONE}`, 'x');
    const data = Buffer.from(payload.data!);
    const changed = [...data.keys()].map((at) => Buffer.from(data.map((byte, n) => (n === at ? byte ^ 1 : byte))));
    const cut = [0, 1, 11, 12, 13, 27, 28, data.length - 1].map((length) => data.subarray(0, length));
    for (const damaged of [...changed, ...cut, Buffer.concat([data, Buffer.from([0])])]) {
      await expect(codec.decode([{ ...payload, data: damaged }])).rejects.toMatchObject({ code: 'PayloadDamaged' });
    }
    const moved = { ...payload, metadata: { ...payload.metadata, 'longhaul-key-id': Buffer.from('k2') } };
    await expect(codec.decode([moved])).rejects.toMatchObject({ code: 'PayloadDamaged' });
    const hostile = { ...payload, metadata: { ...payload.metadata, 'longhaul-key-id': Buffer.from('\u001b[2J"') } };
    await expect(codec.decode([hostile])).rejects.toMatchObject({
      message: expect.stringMatching(/an unreadable id/) as string,
    });
  });
});
