/** Paths out of a catalogue, on a real folder. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { execFileSync } from 'node:child_process';
import * as fc from 'fast-check';
import type { LonghaulError } from '../../../src/model/errors';
import { resolveInside } from '../../../src/transfer';

let folder: string;
let root: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'longhaul-path-')));
  root = path.join(folder, 'root');
  mkdirSync(path.join(root, 'inner'), { recursive: true });
  mkdirSync(path.join(folder, 'root-twin'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  ['', 'empty'],
  ['/etc/passwd', 'absolute'],
  ['C:/x', 'absolute'],
  ['..', '".."'],
  ['a/../../b', '".."'],
  ['inner/../x', '".."'],
  ['a\0b', 'NUL'],
  ['..\\x', 'backslash'],
  ['a//b', 'empty name'],
  ['a/', 'empty name'],
  ['./a', '"."'],
  ['x'.repeat(256), '255 bytes'],
])('%j is refused', async (relative, reason) => {
  const failure: unknown = await resolveInside(root, relative).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'PathRefused' });
  expect(String(failure)).toContain(reason);
});

test('plain paths, missing and there, also through a link to the root', async () => {
  writeFileSync(path.join(root, 'inner', 'there'), 'x');
  symlinkSync(root, path.join(folder, 'link-to-root'));
  for (const relative of ['new', 'inner/new', 'inner/there', 'a/b/c..d', '..a/...']) {
    await expect(resolveInside(path.join(folder, 'link-to-root'), relative)).resolves.toBe(path.join(root, relative));
  }
});

test('links: inside is followed, outside, into a twin folder, to nothing and in a circle are refused', async () => {
  writeFileSync(path.join(root, 'inner', 'there'), 'x');
  const link = (to: string, name: string): void => symlinkSync(to, path.join(root, name));
  link('inner', 'ok');
  link(path.join(folder, 'root-twin'), 'twin');
  link('/etc', 'out');
  link('/etc/hostname', 'file-out');
  link('missing', 'dangling');
  link('circle', 'circle');
  await expect(resolveInside(root, 'ok/there')).resolves.toBe(path.join(root, 'inner', 'there'));
  for (const relative of ['twin/x', 'out/x', 'out/new/x', 'file-out', 'dangling', 'dangling/x', 'circle']) {
    await expect(resolveInside(root, relative)).rejects.toMatchObject({ code: 'PathRefused' });
  }
});

test('a directory, a file as a parent, a pipe, a root that is missing', async () => {
  writeFileSync(path.join(root, 'sample.raw'), 'x');
  symlinkSync('inner', path.join(root, 'link'));
  execFileSync('mkfifo', [path.join(root, 'pipe')]);
  await expect(resolveInside(root, 'inner')).rejects.toMatchObject({ code: 'PathIsDirectory' });
  await expect(resolveInside(root, 'link')).rejects.toMatchObject({ code: 'PathIsDirectory' });
  await expect(resolveInside(root, 'sample.raw/x')).rejects.toMatchObject({ code: 'PathConflict' });
  await expect(resolveInside(root, 'pipe')).rejects.toMatchObject({ code: 'PathConflict' });
  await expect(resolveInside(path.join(folder, 'none'), 'x')).rejects.toMatchObject({ code: 'DestinationNotWritable' });
});

test('whatever the text: inside of the root, or an error of the table', async () => {
  const piece = fc.constantFrom('..', '.', '', 'a', 'inner', '\\', '/', '\0', '~', 'C:', '%2e%2e', '﹒﹒');
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 6 }), fc.constantFrom('', '/'), async (pieces, joint) => {
      const got = await resolveInside(root, pieces.join(joint)).catch((error: unknown) => error);
      if (typeof got === 'string') expect(got.startsWith(`${root}/`)).toBe(true);
      else expect((got as LonghaulError).code).toMatch(/^Path/);
    }),
  );
});
