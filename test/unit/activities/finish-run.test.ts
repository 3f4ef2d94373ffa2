/** The last activity of a run whose completion was lost: it is done once. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { Dependencies } from '../../../src/activities/dependencies';
import type { FinishArgs } from '../../../src/activities/finish-types';
import { folderStore } from '../../../src/activities/lib/control/folder-store';
import { createReportActivities } from '../../../src/activities/report';
import { emptyTotals } from '../../../src/model/records';
import type { RunSettings } from '../../../src/model/run';
import { createLogger } from '../../../src/ops/logging';

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'longhaul-finish-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const settings = { run: 'nightly', project: 'p', targetPrefix: 'data', controlPrefix: 'data/_longhaul' };
const args: FinishArgs = {
  settings: settings as unknown as RunSettings,
  exportId: 'e-1',
  outcome: 'succeeded',
  totals: { ...emptyTotals(), records: 3, objects: 3, bytes: 30 },
  pages: 1,
  cleanup: null,
  failure: null,
  failures: [],
  startedAt: '2026-01-31T09:00:00.000Z',
  finishedAt: '2026-01-31T09:02:00.000Z',
};
const success = (): string => path.join(root, 'data/_SUCCESS');
const report = (): string => path.join(root, 'data/_longhaul/nightly/report.txt');

/** True: the attempt has written its files. */
async function writes(attempt: number, given: FinishArgs = args): Promise<boolean> {
  const dependencies = {
    control: () => folderStore(root),
    logger: createLogger({ level: 'error' }),
  } as unknown as Dependencies;
  const { finishRun } = createReportActivities(dependencies);
  writeFileSync(report(), 'untouched');
  const done = await new MockActivityEnvironment({ attempt }).run(() => finishRun(given));
  expect(done).toEqual({
    report: expect.stringMatching(/report\.json$/) as string,
    manifest: expect.any(String) as string,
  });
  return readFileSync(report(), 'utf8') !== 'untouched';
}

it('writes nothing a second time', async () => {
  await folderStore(root).write(
    'data/_longhaul/nightly/report.txt',
    Buffer.alloc(0),
    'text/plain',
    new AbortController().signal,
  );
  expect(await writes(1)).toBe(true);
  expect(JSON.parse(readFileSync(success(), 'utf8'))).toMatchObject({ run: 'nightly', records: 3, bytes: 30 });
  expect(await writes(2)).toBe(false);
  // A run of the same id later on, and a file that somebody else has left.
  expect(await writes(2, { ...args, finishedAt: '2026-02-01T09:02:00.000Z' })).toBe(true);
  writeFileSync(success(), '');
  expect(await writes(2)).toBe(true);
  expect(JSON.parse(readFileSync(success(), 'utf8'))).toMatchObject({ finishedAt: args.finishedAt });
});
