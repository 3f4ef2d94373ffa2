import { readHeaders } from '../../../src/config/ingest-headers';
import { errorOf } from './support';

const revealed = (text: string): Record<string, string> =>
  Object.fromEntries(Object.entries(readHeaders('H', { H: text })).map(([name, value]) => [name, value.reveal()]));

test('a JSON object or lines', () => {
  const expected = { authorization: 'Bearer abc:def', 'x-key': '1' };
  expect(revealed('{"Authorization": "Bearer abc:def", "X-Key": "1"}')).toEqual(expected);
  expect(revealed('Authorization: Bearer abc:def\r\n\nX-Key:1\n')).toEqual(expected);
});

test('values do not show', () => {
  expect(JSON.stringify(readHeaders('H', { H: 'X-Key: hush' }))).not.toContain('hush');
});

test.each([
  [undefined, 'is not set'],
  ['hush', 'has no colon in line 1'],
  ['{"X-Key": hush}', 'is not JSON'],
  ['X Key: hush', 'no header'],
  ['Range: hush', 'must not set the header range'],
  ['Host: hush', 'must not set the header host'],
  ['X-Key: hush\nx-key: hush', 'twice'],
  ['{"X-Key": 7}', 'cannot be sent'],
  ['{"X-Key": "hush\\r\\nX-Other: hush"}', 'cannot be sent'],
])('refuses %j by the name of the variable alone', (value, fault) => {
  const error = errorOf(() => readHeaders('VENDOR_HEADERS', { VENDOR_HEADERS: value }));
  expect(error.code).toBe('ConfigInvalid');
  expect(error.message).toContain('VENDOR_HEADERS');
  expect(error.message).toContain(fault);
  expect(error.message).not.toContain('hush');
});

test("the worker's own variables are never sent, nor those that the owner did not allow", () => {
  const env = { AWS_SOMETHING: 'X-Key: hush', OTHER: 'X-Key: hush' };
  expect(errorOf(() => readHeaders('AWS_SOMETHING', env)).message).toContain('belongs to the worker');
  expect(errorOf(() => readHeaders('OTHER', env, ['ALLOWED'])).message).toContain('LONGHAUL_INGEST_HEADER_VARIABLES');
  expect(readHeaders('OTHER', env, ['OTHER'])).toHaveProperty('x-key');
});
