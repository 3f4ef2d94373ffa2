import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { bodyFields, envelopeText, wholeBody } from '../../../src/bridge/dlq-text';
import type { DlqEnvelope } from '../../../src/model/transfer-event';

const envelopeOf = (body: Buffer): DlqEnvelope => ({
  schemaVersion: '1.0.0',
  ...bodyFields(body),
  error: { code: 'EventInvalid', message: 'not JSON' },
  attempts: 0,
  workflowId: null,
  runId: null,
  failedAt: '2026-01-31T09:30:00.000Z',
  replay: 'longhaul dlq replay --all',
});

describe('envelopeText', () => {
  it('keeps any bytes that fit, and gives them back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const body = Buffer.from(bytes);
        const read = JSON.parse(envelopeText(envelopeOf(body), 100_000)) as DlqEnvelope;
        expect(wholeBody(read)).toEqual(body);
        expect(read.bodyInfo).toMatchObject({ bytes: body.length, truncated: false });
      }),
    );
  });

  it('never passes the limit, and cuts no character apart', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 200, maxLength: 900 }),
        fc.integer({ min: 700, max: 1_000 }),
        (text, limit) => {
          const body = Buffer.from(text, 'utf8');
          const json = envelopeText(envelopeOf(body), limit);
          expect(Buffer.byteLength(json)).toBeLessThanOrEqual(limit);
          const read = JSON.parse(json) as DlqEnvelope;
          expect(text.startsWith(read.body!)).toBe(true);
          expect(read.body).toBe(Buffer.from(read.body!, 'utf8').toString('utf8'));
          if (read.bodyInfo!.truncated) expect(wholeBody(read)).toBeNull();
          expect(read.bodyInfo!.sha256).toBe(createHash('sha256').update(body).digest('hex'));
        },
      ),
    );
  });

  it('cuts base64 so that what is left can be decoded', () => {
    const body = Buffer.alloc(5_000, 0xff);
    const read = JSON.parse(envelopeText(envelopeOf(body), 1_000)) as DlqEnvelope;
    expect(read.bodyInfo).toMatchObject({ bytes: 5_000, encoding: 'base64', truncated: true });
    expect(body.subarray(0, Buffer.from(read.body!, 'base64').length)).toEqual(Buffer.from(read.body!, 'base64'));
    expect(read.body!.length % 4).toBe(0);
  });

  it('escapes the characters that SQS refuses', () => {
    const json = envelopeText(envelopeOf(Buffer.from('a\uffff\ufffe\u0000b')), 10_000);
    for (const refused of ['\uffff', '\ufffe', '\u0000']) expect(json).not.toContain(refused);
    expect((JSON.parse(json) as DlqEnvelope).body).toBe('a\uffff\ufffe\u0000b');
  });
});
