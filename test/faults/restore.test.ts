/** `restoreFiles` on a real store and disk: what each file ends as, what the report says, and that nothing else changes. */
import { appendFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { failureOf } from '../support/run-outcome';
import { md5, md5Of, MIB, RestoreWorld } from '../support/restore-world';
import { bytesOf } from '../support/transfer-rig';

let world: RestoreWorld;
beforeAll(async () => {
  world = await RestoreWorld.start();
}, 120_000);
afterAll(() => world.stop());

/** The times and places of a report replaced, so that the rest can be compared as it is. */
const masked = (report: string, id: string): string =>
  report
    .replaceAll(id, '<id>')
    .replaceAll(world.bucket, '<bucket>')
    .replaceAll(world.output, '<output>')
    .replace(/Timestamp: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/, 'Timestamp: <time>')
    .replaceAll(/ in \d+\.\ds\)/g, ' in <s>)');

test('fetched, healed, skipped and failed files in one run, with the report in its exact form', async () => {
  const files = {
    'sample.raw': bytesOf(12 * MIB, 1),
    'parts/a.bin': bytesOf(MIB, 2),
    'parts/b.bin': bytesOf(7 * MIB, 3),
    'parts/c.bin': bytesOf(10, 4),
    'parts/d.bin': bytesOf(100_000, 5),
    'parts/e.bin': bytesOf(100_000, 6),
  };
  const id = await world.backup(files);
  world.record(id, { file_info: { ...world.infoOf(id), 'gone.bin': [5, md5(bytesOf(5))] } });
  const catalogue = readFileSync(world.catalogueFile);
  mkdirSync(world.path('parts'), { recursive: true });
  writeFileSync(world.path('parts/a.bin'), files['parts/a.bin']);
  writeFileSync(world.path('parts/b.bin'), bytesOf(7 * MIB, 99));
  truncateSync(world.path('parts/b.bin'), 7 * MIB);
  writeFileSync(world.path('parts/d.bin'), files['parts/d.bin'].subarray(0, 50));
  writeFileSync(world.path('parts/e.bin'), files['parts/e.bin']);
  appendFileSync(world.path('parts/e.bin'), 'more');

  const { code, message, details } = await failureOf(await world.start({ raw_file_id: id }));
  expect(code).toBe('RecordsFailed');
  expect(message).toMatch(/1 of 7 records failed.*gone\.bin.*\(report: .*_download_status_.*\.txt\)$/);
  expect(details).toMatchObject({
    restored: { status: 'PARTIAL FAILURE', total_files: 7, successful: 6, downloaded: 2, skipped: 1, healed: 3 },
  });
  for (const [name, body] of Object.entries(files)) expect(md5Of(world.path(name))).toBe(md5(body));
  expect(world.names()).toEqual(Object.keys(files).sort());
  const [report = ''] = world.reports(id);
  expect(masked(report, id)).toMatchInlineSnapshot(`
    "S3 Download Status Report
    =========================
    Raw File ID: <id>
    Project ID: PRID001
    S3 Bucket: <bucket>
    Timestamp: <time>
    Destination: <output>/PRID001

    Files:
    ------
    gone.bin: FAILURE - SourceNotFound: Reading s3://<bucket>/<id>/gone.bin failed: NoSuchKey: The specified key does not exist. (HTTP 404)
    parts/a.bin: OK - Skipped (already exists)
    parts/b.bin: OK - Self-healed (hash mismatch detected, re-downloaded)
    parts/c.bin: OK - Downloaded and verified (0.0 MB in <s>)
    parts/d.bin: OK - Self-healed (hash mismatch detected, re-downloaded)
    parts/e.bin: OK - Self-healed (hash mismatch detected, re-downloaded)
    sample.raw: OK - Downloaded and verified (12.0 MB in <s>)

    Summary:
    --------
    Total files: 7
    Successful: 6
    Failed: 1
    Status: PARTIAL FAILURE
    "
  `);
  expect(readFileSync(world.catalogueFile)).toEqual(catalogue);

  // Again: everything that is right is skipped, and with the object back the run succeeds.
  await world.put(`${id}/gone.bin`, bytesOf(5));
  const again = await world.run(id);
  expect(again).toMatchObject({ status: 'SUCCESS', host: 'host-1', restores: [{ skipped: 6, downloaded: 1 }] });
  expect(
    world
      .ledger(again.runId)
      .map(({ outcome }) => outcome)
      .sort(),
  ).toEqual([...Array.from({ length: 6 }, () => 'skipped'), 'transferred']);
  const third = await world.run(id, { include: ['parts/*', '*.raw'] });
  expect(third.restores).toMatchObject([{ total_files: 6, skipped: 6, bytes: 0 }]);
}, 90_000);

test('paths that lead out, and pairs that cannot both be, fail alone', async () => {
  const body = bytesOf(1000, 7);
  const project = { project_id: 'paths' };
  const id = await world.backup({ 'good.bin': body, 'pair.raw': body, folder: body }, project);
  const [bytes, etag] = world.infoOf(id)['good.bin']!;
  // The S3 server of the tests keeps objects as files, so that it has no such pair either.
  const bad = {
    'pair.raw/x': [bytes, etag],
    '../out.bin': [bytes, etag],
    '/abs.bin': [bytes, etag],
    'link/x.bin': [bytes, etag],
    'a\0b': [bytes, etag],
  };
  world.record(id, { ...project, file_info: { ...world.infoOf(id), ...bad } });
  const root = path.join(world.output, 'paths');
  mkdirSync(path.join(root, 'folder'), { recursive: true });
  const outside = path.join(world.output, '..', 'outside');
  mkdirSync(outside);
  symlinkSync(outside, path.join(root, 'link'));
  const { code, details } = await failureOf(await world.start({ raw_file_id: id }));
  expect(code).toBe('RecordsFailed');
  const report = readFileSync(details.report!, 'utf8');
  expect(report).toMatch(/^\.\.\/out\.bin: FAILURE - PathRefused: .*"\.\."/m);
  expect(report).toMatch(/^\/abs\.bin: FAILURE - PathRefused/m);
  expect(report).toMatch(/^a\?b: FAILURE - PathRefused: .*NUL/m);
  expect(report).toMatch(/^link\/x\.bin: FAILURE - PathRefused: .*leads out of the folder/m);
  expect(report).toMatch(/^folder: FAILURE - PathIsDirectory/m);
  expect(report).toMatch(/^pair\.raw\/x: FAILURE - PathConflict: .*only one can be on a disk/m);
  expect(report).toMatch(/^good\.bin: OK - Downloaded/m);
  expect(report).toMatch(/^pair\.raw: OK - Downloaded/m);
  expect(world.names(root)).toEqual(['good.bin', 'link', 'pair.raw']);
  expect(world.names(outside)).toEqual([]);
  rmSync(outside, { recursive: true });
}, 60_000);

test('a bucket that is missing: every file fails, and the report is written', async () => {
  const info = { 'a.bin': [5, md5(bytesOf(5))], 'b/c.bin': [9 * MIB, `${'0'.repeat(32)}-2`] };
  world.record('no-bucket', { s3_upload_path: 'no-such-bucket-here/x', file_info: info });
  const { code, message } = await failureOf(await world.start({ raw_file_id: 'no-bucket' }));
  expect(code).toBe('RecordsFailed');
  expect(message).toContain('SourceNotFound');
  expect(world.reports('no-bucket')[0]).toMatch(/^Failed: 2\nStatus: COMPLETE FAILURE$/m);
}, 60_000);

test('an ETag that is no hash: by the checksum of the store where it has one, else Unverifiable', async () => {
  const id = await world.backup({ 'kms.bin': bytesOf(MIB, 8) });
  world.record(id, { file_info: { 'kms.bin': [MIB, 'not-a-hash-but-a-name'] } });
  const { details } = await failureOf(await world.start({ raw_file_id: id }));
  expect(readFileSync(details.report!, 'utf8')).toMatch(/kms\.bin: FAILURE - (Unverifiable|SourceNotAsRecorded)/);
  expect(() => readFileSync(world.path('kms.bin'))).toThrow('ENOENT');
}, 60_000);

test('several raw files: a run each, and the result of all in the failure', async () => {
  const one = await world.backup({ 'one/1.bin': bytesOf(1000, 1) });
  const two = await world.backup({ 'two/2.bin': bytesOf(1000, 2) });
  const handle = await world.start({ raw_file_ids: [one, 'not-there', two] });
  const { code, message, details } = await failureOf(handle);
  expect(code).toBe('RecordsFailed');
  expect(message).toMatch(/1 of 3 raw files failed; the first: not-there: CatalogueRecordNotFound/);
  expect(details).toMatchObject({
    status: 'PARTIAL FAILURE',
    restores: [
      { raw_file_id: one, status: 'SUCCESS' },
      { raw_file_id: 'not-there', status: 'COMPLETE FAILURE', error: { code: 'CatalogueRecordNotFound' } },
      { raw_file_id: two, status: 'SUCCESS' },
    ],
  });
  const both = await (await world.start({ raw_file_ids: [one, two] })).result();
  expect(both).toMatchObject({ status: 'SUCCESS', restores: [{ skipped: 1 }, { skipped: 1 }] });
}, 60_000);

test('wrong input ends at once', async () => {
  for (const input of [{}, { raw_file_id: 'x' }, { raw_file_id: '../../etc' }, { raw_file_id: 'abc', output: '/' }])
    expect(await failureOf(await world.start(input))).toMatchObject({ code: 'InvalidInput' });
}, 60_000);
