import { typeFault } from '../../../src/activities/lib/load/column-types';

it.each([
  ['bigint', 'bigint'],
  ['INT8', 'bigint'],
  ['timestamptz', 'timestamp with time zone'],
  ['varchar(10)', 'character varying(10)'],
  ['varchar', 'character varying(10)'],
  ['numeric(10, 2)', 'numeric(10,2)'],
  ['text[]', 'text[]'],
  ['timestamp', 'timestamp without time zone'],
])('%s is %s', (expected, actual) => {
  expect(typeFault(expected, actual)).toBeNull();
});

it.each([
  ['bigint', 'integer'],
  ['text', 'text[]'],
  ['numeric(10,2)', 'numeric(12,2)'],
  ['timestamp', 'timestamp with time zone'],
])('%s is not %s', (expected, actual) => {
  expect(typeFault(expected, actual)).toBe(`is ${actual}, but the configuration says ${expected}`);
});
