/** Headers of sources and stores: whatever they hold, what is read is right, or nothing, or an error of the table. */
import * as fc from 'fast-check';
import {
  bareEtag,
  decodeChecksums,
  encodeChecksums,
  multipartChunkSizes,
  parseEtag,
  parseRetryAfterMs,
} from '../../src/transfer';
import { encodingIn, lengthIn } from '../../src/transfer/http/body-headers';
import { parseContentRange } from '../../src/transfer/http/content-range';
import { isPinned, strongValidator } from '../../src/transfer/version';
import { holds, outcomeOf, pieces } from './support';

const count = fc.oneof(fc.nat({ max: 30 }), fc.nat(), fc.maxSafeNat());
const asked = fc.record({ offsetBytes: fc.nat({ max: 1_000 }), lengthBytes: fc.integer({ min: 1, max: 1_000 }) });

holds(
  'Content-Range: what it says is what was asked for, or it is refused',
  fc.tuple(
    fc.oneof(
      pieces('bytes ', 'bytes', ' ', '0', '5', '-', '/', '*', '99999999999999999999', '1e3', '-1', '\t', ',', 'items '),
      fc
        .tuple(count, count, fc.oneof(count, fc.constant('*')))
        .map(([first, last, size]) => `bytes ${first}-${last}/${size}`),
    ),
    asked,
  ),
  ([header, range]) => {
    const outcome = outcomeOf(() => parseContentRange(header, range, 'the source'));
    if ('refused' in outcome) {
      expect(outcome.refused.code).toBe('SourceProtocol');
      return;
    }
    const { lengthBytes, sizeBytes } = outcome.value;
    expect(lengthBytes).toBeGreaterThan(0);
    expect(lengthBytes).toBeLessThanOrEqual(range.lengthBytes);
    if (sizeBytes !== undefined) expect(range.offsetBytes + lengthBytes).toBeLessThanOrEqual(sizeBytes);
    const last = range.offsetBytes + lengthBytes - 1;
    expect(header).toBe(`bytes ${range.offsetBytes}-${last}/${sizeBytes ?? '*'}`.replace(/\d+/g, (digits) => digits));
  },
);

holds(
  'Content-Range: every range of every size is understood',
  fc.tuple(asked, fc.nat({ max: 2_000 }), fc.boolean()),
  ([range, beyond, isTold]) => {
    const size = range.offsetBytes + 1 + beyond;
    const last = Math.min(range.offsetBytes + range.lengthBytes, size) - 1;
    const told = parseContentRange(`bytes ${range.offsetBytes}-${last}/${isTold ? size : '*'}`, range, 'the source');
    expect(told).toEqual({ lengthBytes: last - range.offsetBytes + 1, ...(isTold ? { sizeBytes: size } : {}) });
  },
);

const retryAfter = fc.oneof(
  pieces(
    '0',
    '1',
    '-',
    '.',
    'e9',
    ' ',
    'Mon, ',
    '01 Jan 2026',
    ' 00:00:00 GMT',
    'Infinity',
    'NaN',
    '0x1',
    'soon',
    '999999999',
  ),
  fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
  fc.nat().map(String),
);
holds('Retry-After: a finite time that is not negative, or none', fc.tuple(retryAfter, fc.nat()), ([header, nowMs]) => {
  const delayMs = parseRetryAfterMs(header, nowMs);
  if (delayMs === undefined) return;
  expect(Number.isFinite(delayMs)).toBe(true);
  expect(delayMs).toBeGreaterThanOrEqual(0);
  if (/^\d{1,9}$/.test(header.trim())) expect(delayMs).toBe(Number(header) * 1_000);
});

const etagText = pieces(
  '"',
  'W/',
  '-',
  'd41d8cd98f00b204e9800998ecf8427e',
  'D41D8CD98F00B204E9800998ECF8427E',
  '0',
  '10000',
  '10001',
  ' ',
  '\\',
);
holds('ETag: an MD5, a multipart one within the limits, or opaque', fc.oneof(etagText, fc.string()), (text) => {
  const etag = parseEtag(text);
  expect(parseEtag(bareEtag(text)).kind).toBe(etag.kind);
  if (etag.kind === 'opaque') return;
  expect(etag.hex).toMatch(/^[0-9a-f]{32}$/);
  if (etag.kind === 'multipart') expect(etag.parts >= 1 && etag.parts <= 10_000).toBe(true);
  // Quoted, weakened or shouted: the same hash.
  expect(parseEtag(`"${etag.hex.toUpperCase()}${etag.kind === 'multipart' ? `-${etag.parts}` : ''}"`)).toEqual(etag);
});

holds(
  'part sizes of an ETag: few, and each gives that many parts',
  fc.tuple(fc.nat({ max: 2 ** 40 }), fc.integer({ min: 1, max: 10_000 }), fc.nat({ max: 2 ** 33 })),
  ([size, parts, configured]) => {
    const sizes = multipartChunkSizes(size, parts, configured);
    expect(sizes.length).toBeLessThanOrEqual(28);
    expect(new Set(sizes).size).toBe(sizes.length);
    for (const chunk of sizes) expect(parts === 1 || Math.ceil(size / chunk) === parts).toBe(true);
  },
);

holds(
  'Content-Length: a safe number, or refused',
  fc.oneof(pieces('0', '12', '-', '+', ' ', ',', 'e3', '0x', '.5', '999999999999999'), fc.string()),
  (header) => {
    const outcome = outcomeOf(() => lengthIn(header, 'the source'));
    if ('refused' in outcome) {
      expect(outcome.refused.code).toBe('SourceProtocol');
      return;
    }
    expect(String(outcome.value)).toBe(header.replace(/^0+(?=\d)/, ''));
    expect(Number.isSafeInteger(outcome.value)).toBe(true);
  },
);

holds(
  'Content-Encoding: identity in any case is none',
  fc.oneof(pieces('identity', 'IDENTITY', 'gzip', ',', ' '), fc.string()),
  (header) => {
    expect(encodingIn(header)).toBe(header === '' || header.toLowerCase() === 'identity' ? undefined : header);
  },
);

const dates = fc.oneof(
  fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
  fc.string({ maxLength: 10 }),
);
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });
holds(
  'validators: a weak ETag or a date that may still change pins nothing',
  fc.record({ etag: optional(etagText), lastModified: optional(dates), date: optional(dates) }),
  (headers) => {
    const version = strongValidator(headers);
    if (version.etag !== undefined) expect(headers.etag).toMatch(/^"[^"]*"$/);
    if (version.lastModified !== undefined) {
      expect(headers.etag).toBeUndefined();
      expect(Date.parse(headers.date ?? '') - Date.parse(version.lastModified)).toBeGreaterThanOrEqual(1_000);
    }
    expect(isPinned({ ...version, sizeBytes: 1 })).toBe(Object.keys(version).length > 0);
  },
);

const sum = fc.integer({ min: 0, max: 0xffffffff });
holds(
  'checksums: written and read they are the same; what is none is left out',
  fc.tuple(sum, sum, fc.string()),
  ([crc32, crc32c, text]) => {
    expect(decodeChecksums(encodeChecksums({ crc32, crc32c }))).toEqual({ crc32, crc32c });
    const read = decodeChecksums({ crc32: text });
    if (read.crc32 !== undefined) expect(encodeChecksums(read).crc32).toBe(text);
  },
);
