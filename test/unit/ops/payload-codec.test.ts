import { randomBytes } from 'node:crypto';
import { type Payload, toPayloads, defaultPayloadConverter } from '@temporalio/common';
import { type PayloadKeys, readPayloadKeys } from '../../../src/config/payload-keys';
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

  it.each([
    ['megabytes', payloadsOf('x'.repeat(2 ** 21))[0]!],
    // As protobufjs gives it to the codec of a worker.
    [
      'nothing, after the SDK',
      { metadata: { encoding: Buffer.from('binary/null') }, data: [] as unknown as Uint8Array },
    ],
    ['no metadata', { data: Buffer.from('x') }],
    ['an empty value', { metadata: { encoding: Buffer.alloc(0), ['']: Buffer.from('v') }, data: Buffer.alloc(0) }],
  ] as [string, Payload][])('takes any payload: %s', async (_, payload) => {
    const codec = codecOf(`k1:${ONE}`);
    const shown = ({ metadata, data }: Payload): unknown => ({
      metadata: Object.fromEntries(
        Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('hex')]),
      ),
      data: Buffer.from(data ?? []).toString('latin1'),
    });
    const [after] = await codec.decode(await codec.encode([payload]));
    expect(shown(after!)).toEqual(shown(payload));
  });

  it('reads what version 0.1.0 wrote', async () => {
    const text = 'lVuKVaEOVKZX+KOsYJqjw3IzsilxPstOY9SoqXWq5GavSVem1xir+868DJ5UfTwambimgD7dBUCGCpe3EKmKpQ==';
    const old: Payload = {
      metadata: {
        encoding: Buffer.from(ENCRYPTED_ENCODING),
        'longhaul-key-id': Buffer.from('k1'),
        'longhaul-key-check': Buffer.from('+m7LUbYIEo8=', 'base64'),
      },
      data: Buffer.from(text, 'base64'),
    };
    const [payload] = await codecOf(`k1:${Buffer.alloc(32, 7).toString('base64')}`).decode([old]);
    expect(valueOf(payload)).toEqual({ a: 'ä' });
  });

  it('never uses a nonce twice', async () => {
    // More than are drawn at once.
    const many = payloadsOf(...Array.from({ length: 1_000 }, () => SECRET));
    const encoded = await codecOf(`k1:${ONE}`).encode(many);
    expect(new Set(encoded.map(({ data }) => Buffer.from(data!).toString('hex', 0, 12))).size).toBe(1_000);
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
