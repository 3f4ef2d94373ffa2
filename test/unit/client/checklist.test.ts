import { Checklist, Warning } from '../../../src/client/lib/check/checklist';
import { processIo } from '../../../src/client/lib/print/io';
import { ExitWith, Output } from '../../../src/client/lib/print/output';
import { LonghaulError } from '../../../src/model/errors';

const listTo = (json: boolean) => {
  const written: string[] = [];
  const io = { ...processIo, stdout: { write: (text: string) => written.push(text) } };
  return { written, list: new Checklist(new Output(io, json)) };
};

const fill = async (list: Checklist): Promise<void> => {
  await list.check('first', () => 'fine');
  await list.check('second', () => {
    throw new Warning('not so good', 'do this');
  });
  await list.check('third', () => Promise.reject(new LonghaulError('BucketNotFound', 'The bucket b is missing.')));
  await list.check('fourth', () => Promise.reject(new LonghaulError('AccessDenied', 'No.')));
  list.skip('fifth', 'not checked');
};

it('prints each check as it is done, and ends with the first failure’s exit code', async () => {
  const { written, list } = listTo(false);
  await fill(list);
  expect(written.map((line) => line.slice(0, 8))).toEqual(['✓ first ', '! second', '✗ third ', '✗ fourth', '- fifth ']);
  expect(written[2]).toMatch(/The bucket b is missing\. \[BucketNotFound\]\n +hint: Create it/);
  expect(() => list.finish()).toThrow(new ExitWith(8));
});

it('is one document with --json', async () => {
  const { written, list } = listTo(true);
  await fill(list);
  expect(() => list.finish()).toThrow(ExitWith);
  expect(written).toHaveLength(1);
  const { ok, checks } = JSON.parse(written[0]!) as { ok: boolean; checks: { status: string; exitCode?: number }[] };
  expect(ok).toBe(false);
  expect(checks.map((check) => check.status)).toEqual(['ok', 'warning', 'failed', 'failed', 'skipped']);
  expect(checks[2]).toMatchObject({ name: 'third', code: 'BucketNotFound', exitCode: 8 });
});

it('warnings alone are a success', async () => {
  const { written, list } = listTo(true);
  await list.check('second', () => {
    throw new Warning('not so good', 'do this');
  });
  list.finish();
  expect(JSON.parse(written[0]!)).toMatchObject({ ok: true });
});
