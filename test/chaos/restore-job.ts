/** A restore to the disk that all workers share: files that are missing, and one that is there and wrong. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import type { RestoreResult } from '../../src/model/restore-run';
import { bytesOf } from '../support/transfer-rig';
import { md5, md5Of } from '../support/restore-world';
import { Books } from './books';
import type { JobContext, StartedJob } from './job';
import { endingOf, startSteadily, steadily } from './steady';

const MAX_BYTES = 16 * 2 ** 20;

export async function startRestore(context: JobContext): Promise<StartedJob> {
  const { world, random, name } = context;
  const { restore, harness } = world;
  const files = Object.fromEntries(
    Array.from({ length: random.int(1, 3) }, (_, n) => [`${name}-${n}.raw`, bytesOf(random.int(1, MAX_BYTES), n)]),
  );
  const id = await steadily(() => restore.backup(files, {}, name));
  mkdirSync(restore.path(), { recursive: true });
  writeFileSync(restore.path(`${name}-0.raw`), 'old');
  const foreign = `${name}-foreign.txt`;
  writeFileSync(restore.path(foreign), foreign);
  const handle = await startSteadily(harness.client, 'restoreFiles', name, { raw_file_id: id, runId: name });
  const ending = endingOf<RestoreResult>(handle, context.isGivenUp);
  return {
    name: `${name} (${Object.keys(files).length} files)`,
    over: ending.then((ended) => (ended.kind === 'succeeded' ? ended.result.status : ended.code)),
    check: async () => {
      const books = new Books();
      const ended = await ending;
      if (ended.kind === 'failed') books.problems.push(`failed with ${ended.code}: ${ended.message}`);
      else books.same('status', ended.result.status, 'SUCCESS');
      const expected = [...Object.keys(files), foreign].sort();
      books.same(
        'files below the folder',
        // A list of this realm: under jest, those of fs have another prototype, which a strict comparison minds.
        [...restore.names().filter((file) => file.startsWith(`${name}-`))],
        expected,
      );
      const all = { ...files, [foreign]: Buffer.from(foreign) };
      for (const [file, body] of Object.entries(all)) {
        const found = existsSync(restore.path(file)) ? md5Of(restore.path(file)) : 'missing';
        books.same(file, found, md5(body));
        books.compared += 1;
        books.bytes += body.length;
      }
      if (ended.kind === 'failed') return books;
      const sizes = Object.fromEntries(Object.entries(files).map(([file, body]) => [file, body.length]));
      books.ledger(restore.ledger(name), sizes);
      return Promise.resolve(books);
    },
  };
}
