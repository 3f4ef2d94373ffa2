/** A run's own files in a folder: whole or not there, listed in order, gone when they are removed. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { folderStore } from '../../../src/activities/lib/control/folder-store';

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'longhaul-store-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const { signal } = new AbortController();
const write = (key: string, text: string): Promise<void> =>
  folderStore(root).write(key, Buffer.from(text), 'text/plain', signal);

const keysOf = async (prefix: string): Promise<string[]> => {
  const keys: string[] = [];
  for await (const key of folderStore(root).list(prefix, signal)) keys.push(key);
  return keys;
};

test('what is written is read, listed in order, replaced and removed', async () => {
  const store = folderStore(root);
  await write('.longhaul/run/ledger/page-00001.ndjson', 'b');
  await write('.longhaul/run/ledger/page-00000.ndjson', 'old');
  await write('.longhaul/run/ledger/page-00000.ndjson', 'a');
  expect((await store.read('.longhaul/run/ledger/page-00000.ndjson', signal)).toString()).toBe('a');
  expect(store.uri('.longhaul/run/x')).toBe(path.join(root, '.longhaul/run/x'));
  const keys = ['.longhaul/run/ledger/page-00000.ndjson', '.longhaul/run/ledger/page-00001.ndjson'];
  expect(await keysOf('.longhaul/run/ledger/')).toEqual(keys);
  expect(await keysOf('.longhaul/other/')).toEqual([]);
  await store.removeAll('.longhaul/run/ledger/', signal);
  await store.removeAll('.longhaul/run/ledger/', signal);
  expect(await keysOf('.longhaul/run/')).toEqual([]);
  await expect(store.read(keys[0]!, signal)).rejects.toMatchObject({ code: 'ObjectNotFound' });
});

test('a stream that breaks leaves the old file and nothing beside it', async () => {
  await write('ledger.ndjson', 'old');
  async function* broken(): AsyncGenerator<Buffer> {
    yield Buffer.from('new');
    await Promise.reject(new Error('broken'));
  }
  await expect(folderStore(root).writeStream('ledger.ndjson', broken(), '', signal)).rejects.toThrow('broken');
  expect(readFileSync(path.join(root, 'ledger.ndjson'), 'utf8')).toBe('old');
  expect(readdirSync(root)).toEqual(['ledger.ndjson']);
});

test('a file where a folder should be is PathConflict, an abort its own reason', async () => {
  writeFileSync(path.join(root, 'x'), '');
  await expect(write('x/y', 'z')).rejects.toMatchObject({ code: 'PathConflict' });
  const aborted = AbortSignal.abort(new Error('stop'));
  await expect(folderStore(root).write('k', Buffer.from(''), '', aborted)).rejects.toThrow('stop');
});
