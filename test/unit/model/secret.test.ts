import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { emptyTotals, addTotals } from '../../../src/model/records';
import { Secret } from '../../../src/model/secret';

test('no text form of a secret shows it', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 12 }), (value) => {
      const secret = new Secret(value);
      const shown = [String(secret), JSON.stringify({ secret }), inspect({ secret }, { depth: 9, showHidden: true })];
      return secret.reveal() === value && shown.every((text) => text.includes('[secret]') && !text.includes(value));
    }),
  );
});

test('totals add up field by field and leave their operands alone', () => {
  const one = { ...emptyTotals(), records: 1, bytes: 5 };
  expect(addTotals(one, { ...emptyTotals(), records: 2, failed: 1 })).toEqual({
    ...emptyTotals(),
    records: 3,
    failed: 1,
    bytes: 5,
  });
  expect(one.records).toBe(1);
});
