import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { codecServerToken } from '../../../src/config/codec-server';
import { NO_PAYLOAD_KEYS, readPayloadKeys } from '../../../src/config/payload-keys';
import { errorOf } from './support';

const ONE = randomBytes(32).toString('base64');
const TWO = randomBytes(32).toString('base64');
const keysOf = (list: string) => readPayloadKeys({ LONGHAUL_PAYLOAD_KEYS: list });

test('off where nothing is set', () => {
  expect(readPayloadKeys({})).toBe(NO_PAYLOAD_KEYS);
  expect(keysOf('  ')).toBe(NO_PAYLOAD_KEYS);
});

test('the first key is the current one, all are known', () => {
  const { current, known } = keysOf(`2026-11:${ONE}, 2026-08:${TWO}`);
  expect(current?.id).toBe('2026-11');
  expect(current?.secret.reveal()).toBe(ONE);
  expect(known.map(({ id, secret }) => [id, secret.reveal()])).toEqual([
    ['2026-11', ONE],
    ['2026-08', TWO],
  ]);
  expect(JSON.stringify({ current, known })).not.toContain(ONE);
});

test('plain in the first place decrypts and encrypts nothing', () => {
  const { current, known } = keysOf(`plain,a:${ONE}`);
  expect(current).toBeNull();
  expect(known.map(({ id }) => id)).toEqual(['a']);
  expect(keysOf('plain')).toEqual(NO_PAYLOAD_KEYS);
});

test('a file holds the same, with comments', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'longhaul-keys-'));
  try {
    const file = path.join(folder, 'keys');
    writeFileSync(file, `# of November, by hand: x:y\nb:${ONE}\n\n  # older\na:${TWO}\n`);
    const { current, known } = readPayloadKeys({ LONGHAUL_PAYLOAD_KEYS_FILE: file });
    expect(current?.id).toBe('b');
    expect(known.map(({ id }) => id)).toEqual(['b', 'a']);
    writeFileSync(file, '# nothing yet\n');
    expect(errorOf(() => readPayloadKeys({ LONGHAUL_PAYLOAD_KEYS_FILE: file })).message).toMatch(
      /there is no key in it/,
    );
    rmSync(file);
    const gone = errorOf(() => readPayloadKeys({ LONGHAUL_PAYLOAD_KEYS_FILE: file }));
    expect(gone).toMatchObject({
      code: 'ConfigInvalid',
      message: expect.stringMatching(/keys cannot be read \(ENOENT\)/) as string,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test.each([
  [
    'a key that is too short',
    `a:${randomBytes(16).toString('base64')}`,
    /the key "a" has 16 bytes, and AES-256 needs 32; .*openssl/,
  ],
  ['a key that is too long', `a:${randomBytes(48).toString('base64')}`, /the key "a" has 48 bytes/],
  ['hex instead of base64', `a:${randomBytes(32).toString('hex')}`, /the key "a" has 48 bytes/],
  ['no base64', 'a:not_a_key!', /the key "a" is not base64/],
  ['no key', 'a:', /the key "a" is not base64/],
  ['no id', ONE, /entry 1 must be id:key/],
  ['an id with spaces around it', `a:${ONE},b b:${TWO}`, /entry 2 must be id:key/],
  ['the same id twice', `a:${ONE},b:${TWO},a:${TWO}`, /the id "a" is there twice/],
  ['plain at the end', `a:${ONE},plain`, /entry 2 is "plain", which is for the first place/],
  ['plain as an id', `plain:${ONE}`, /has the id "plain"/],
  ['several faults at once', `a:x!,a:${ONE}`, /the key "a" is not base64.*the id "a" is there twice/],
])('%s is refused with its reason, and no key is shown', (_, list, message) => {
  const error = errorOf(() => keysOf(list));
  expect(error).toMatchObject({ code: 'ConfigInvalid', message: expect.stringMatching(message) as string });
  expect(error.message).toMatch(/^LONGHAUL_PAYLOAD_KEYS: /);
  for (const secret of list.split(/[,:]/).filter((part) => part.length > 12))
    expect(error.message).not.toContain(secret);
});

test('both variables at once are refused: which of them is meant?', () => {
  const env = { LONGHAUL_PAYLOAD_KEYS: `a:${ONE}`, LONGHAUL_PAYLOAD_KEYS_FILE: '/run/secrets/keys' };
  expect(errorOf(() => readPayloadKeys(env)).message).toMatch(/both set/);
});

test('the token of the codec server', () => {
  expect(codecServerToken({ LONGHAUL_CODEC_SERVER_TOKEN: 'sixteen-letters-' }).reveal()).toBe('sixteen-letters-');
  expect(errorOf(() => codecServerToken({})).message).toMatch(/is not set.*--no-auth/);
  const short = errorOf(() => codecServerToken({ LONGHAUL_CODEC_SERVER_TOKEN: 'guessable' })).message;
  expect(short).toMatch(/at least 16 characters/);
  expect(short).not.toContain('guessable');
});
