import * as fc from 'fast-check';
import { hideSecret, redact } from '../../../src/ops/redaction';
import { logValue } from '../../../src/ops/log-values';
import { Secret } from '../../../src/model/secret';
import { SourceUrl } from '../../../src/transfer/source-url';

/** Long and random enough that finding it in the output can only be a leak. */
const secretText = fc.stringMatching(/^[A-Za-z0-9+/]{24,64}$/);
const hex = fc.stringMatching(/^[0-9a-f]{64}$/);
const words = fc.array(fc.constantFrom('GET', 'failed', 'part 3', 'of', 'the file:', '—', '(', ')', '"x"', '\n'), {
  maxLength: 5,
});

const PARAMETERS = [
  'X-Amz-Signature',
  'X-Amz-Security-Token',
  'X-Goog-Signature',
  'Signature',
  'sig',
  'token',
  'api_key',
];

/** Every way in which a secret has been seen to end up in text. */
const CARRIERS: Record<string, (value: string) => string> = {
  'signed URL': (v) =>
    `https://b.s3.amazonaws.com/a/b.parquet?X-Amz-Date=1&X-Amz-Signature=${encodeURIComponent(v)}&x=1`,
  'URL in JSON': (v) => JSON.stringify({ url: `https://host/f?Signature=${encodeURIComponent(v)}` }),
  'user info': (v) => `http://user:${encodeURIComponent(v)}@host/path`,
  'API key header': (v) => `X-Api-Key: ${v}`,
  'API key in JSON': (v) => JSON.stringify({ 'x-api-key': v }),
  'JSON in JSON': (v) => JSON.stringify(JSON.stringify({ secret_access_key: v })),
  'bearer header': (v) => `authorization: Bearer ${v}`,
  'token header': (v) => `Authorization: token ${v}`,
  'ini file': (v) => `aws_secret_access_key = ${v}`,
  variable: (v) => `AWS_SECRET_ACCESS_KEY=${v}`,
  'session token': (v) => `"session_token": "${v}"`,
};

const embedded = (carrier: string) =>
  fc.tuple(words, words).map(([a, b]) => `${a.join(' ')} ${carrier} ${b.join(' ')}`);

describe.each(Object.entries(CARRIERS))('%s', (_name, carry) => {
  test('the secret is cut out, whatever is around it', () => {
    fc.assert(
      fc.property(
        secretText.chain((value) => fc.tuple(fc.constant(value), embedded(carry(value)))),
        ([value, text]) => {
          const result = redact(text);
          expect(result).not.toContain(value);
          expect(result).not.toContain(encodeURIComponent(value));
          expect(redact(result)).toBe(result);
        },
      ),
    );
  });
});

test.each(PARAMETERS)('the parameter %s, plain, bare and percent-encoded inside of another', (name) => {
  fc.assert(
    fc.property(hex, (value) => {
      const url = `https://host/f?a=1&${name}=${value}`;
      for (const text of [
        url,
        `${name}=${value}`,
        `https://x/?next=${encodeURIComponent(url)}`,
        encodeURIComponent(url),
      ]) {
        expect(redact(text)).not.toContain(value);
      }
    }),
  );
});

test('an access key id with its secret beside it: the secret goes, the id stays', () => {
  const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
  expect(redact(`keys AKIAIOSFODNN7EXAMPLE:${secret}`)).toBe('keys AKIAIOSFODNN7EXAMPLE:[redacted]');
});

test('the path of a URL and ordinary text stay as they are', () => {
  for (const text of [
    'GET https://b.s3.amazonaws.com/a%20b/c.parquet failed: 403',
    's3://bucket/proj01/rapid7/data/_longhaul/run-1/manifest/page-00000.ndjson',
    'The token bucket is empty; the secret of patience. Signature of the export: none.',
    'TypeError: x is not a function\n    at run (/app/dist/a.js:1:2)',
    'is it there? yes',
    'AKIAIOSFODNN7EXAMPLE',
  ]) {
    expect(redact(text)).toBe(text);
  }
});

test('text without any name of a secret is never changed', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => /https?:|[:=]|%3D/i.test(text) || redact(text) === text),
  );
});

test('a long hostile text takes no time to speak of', () => {
  const started = performance.now();
  for (const text of [
    'https://'.repeat(20_000),
    'token='.repeat(20_000),
    `${'a'.repeat(200_000)}@`,
    'x-api-key:'.repeat(20_000),
  ]) {
    redact(text);
  }
  expect(performance.now() - started).toBeLessThan(2_000);
});

test('a value given to hideSecret is cut out of anything, plain, percent-encoded and in JSON', () => {
  const value = 'correct horse "battery" staple';
  hideSecret(new Secret(value));
  for (const text of [`said ${value}!`, encodeURIComponent(value), JSON.stringify({ said: value })]) {
    expect(redact(text)).not.toMatch(/battery/);
  }
});

test('a value too short to be a secret does not tear words apart', () => {
  hideSecret(new Secret('the'));
  expect(redact('over the hills')).toBe('over the hills');
});

describe('values of log lines', () => {
  test('types that hide themselves, and fields that are named as secrets', () => {
    const url = new SourceUrl('https://host/f?X-Amz-Signature=abcdef0123456789');
    expect(logValue({ url, key: new Secret('0123456789'), apiKey: 'abc', headers: { Authorization: 'x y' } })).toEqual({
      url: 'https://host/f',
      key: '[secret]',
      apiKey: '[redacted]',
      headers: { Authorization: '[redacted]' },
    });
  });

  test('an error with its code, stack and chain of causes, redacted', () => {
    const inner = Object.assign(new Error('refused X-Api-Key: 0123456789abcdef'), { code: 'ECONNREFUSED' });
    const shown = JSON.stringify(
      logValue({ error: new Error('outer https://h/p?sig=0123456789abcdef', { cause: inner }) }),
    );
    expect(shown).toContain('ECONNREFUSED');
    expect(shown).toContain('redaction.test.ts');
    expect(shown).not.toContain('0123456789abcdef');
  });

  test('whatever it is given, it answers with JSON and does not throw', () => {
    const cyclic: Record<string, unknown> = { name: 'a' };
    cyclic.self = cyclic;
    const hostile = {
      get bad(): never {
        throw new Error('no');
      },
    };
    expect(logValue(cyclic)).toEqual({ name: 'a', self: '[circular]' });
    expect(logValue(hostile)).toBe('[unprintable]');
    expect(logValue({ big: 1n, bytes: Buffer.alloc(3), call: () => 1 })).toEqual({
      big: '1',
      bytes: '[3 bytes]',
      call: '[function]',
    });
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withMap: true, withTypedArray: true, withNullPrototype: true }),
        (value) => {
          JSON.stringify(logValue({ value }));
        },
      ),
    );
  });
});
