import { YamlText } from '../../../src/config/yaml-text';
import { errorOf } from './support';

const yaml = (text: string): YamlText => new YamlText('/c/restore.yaml', text);

const TEXT = `# a comment
locations:
  output: /data   # there
empty:
s3: { region: x,
      enabled: true }
'quoted key':
  - first
  - second: 2
    third:
      fourth: |
        text: of no key
        more
last: 5
`;

test.each<[(string | number)[], number, number]>([
  [['locations'], 2, 1],
  [['locations', 'output'], 3, 3],
  [['empty'], 4, 1],
  [['s3'], 5, 1],
  [['s3', 'region'], 5, 7],
  [['s3', 'enabled'], 6, 7],
  [['quoted key'], 7, 1],
  [['quoted key', 1, 'third'], 10, 5],
  [['quoted key', 1, 'third', 'fourth'], 11, 7],
  [['last'], 14, 1],
])('%j is at line %i, column %i', (path, line, column) => {
  expect(yaml(TEXT).placeOf(path)).toEqual({ line, column });
});

test('what is not there has no place', () => {
  for (const path of [['nothing'], ['empty', 'x'], ['locations', 'output', 'x'], ['text']])
    expect(yaml(TEXT).placeOf(path)).toBeUndefined();
});

test('the value has what JSON has: a date stays text', () => {
  expect(yaml('a: 2025-01-15\nb: yes\nc: 5\nd: null\n').value).toEqual({ a: '2025-01-15', b: 'yes', c: 5, d: null });
});

test.each([
  ['a tab as indentation', 'a:\n\tb: 1\n', 'line 2'],
  ['a key twice', 'a: 1\nb: 2\na: 3\n', 'line 3'],
  ['an open bracket', 'a: [1, 2\n', 'line 2'],
  ['two documents', 'a: 1\n---\nb: 2\n', 'a single document'],
  ['an unknown tag', 'a: !!js/function "x"\n', 'line 1'],
])('%s is malformed', (_name, text, place) => {
  const error = errorOf(() => yaml(text));
  expect(error.code).toBe('ConfigMalformed');
  expect(error.message).toContain('/c/restore.yaml');
  expect(error.message).toContain(place);
});

test.each(['', '5', '- a\n- b\n', 'null'])('%j is no mapping', (text) => {
  expect(errorOf(() => yaml(text)).code).toBe('ConfigMalformed');
});

test('a fault does not quote the file, which may hold a secret', () => {
  for (const text of [
    's3:\n  secret_access_key: *the-secret\n',
    'a: "the-secret\n',
    'x: !the-secret 5\n',
    'the-secret: 1\nthe-secret: 2\n',
  ])
    expect(errorOf(() => yaml(text)).message).not.toContain('the-secret');
});
