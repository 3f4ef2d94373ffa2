/** exportToS3 from what lists itself: URLs in config.json, in a bucket, at an address; and a prefix of a bucket. */
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { generatedFile, type SampleFile } from '../../src/dev/export-api';
import {
  startUrlListServer,
  type UrlListServer,
  type UrlListServerOptions,
} from '../../src/dev/sample-vendors/url-list-server';
import { listObjects, objectDigest } from '../support/bucket-view';
import { RunHarness } from '../support/run-harness';
import { failureOf } from '../support/run-outcome';
import { uniqueName } from '../support/shared-stack';
import type { TestProject } from '../support/test-project';
import { expectNoSecrets, expireDuring } from '../support/vendor-run';

const MIB = 2 ** 20;
const LARGE = generatedFile('asset', 'large.csv', 16 * MIB, 1);
const SMALL = generatedFile('lists/daily', 'small.csv', 4_000, 2);
const FILES = [LARGE, SMALL];
const source = uniqueName('source');
const closers: (() => Promise<void>)[] = [];
let harness: RunHarness;

beforeAll(async () => {
  harness = await RunHarness.start({ env: { LONGHAUL_LOG_LEVEL: 'DEBUG' } });
  await harness.s3.send(new CreateBucketCommand({ Bucket: source }));
}, 120_000);
afterAll(async () => {
  await harness.stop();
  await Promise.all(closers.map((close) => close()));
});

const listServer = async (options: UrlListServerOptions = {}): Promise<UrlListServer> => {
  const server = await startUrlListServer({ files: FILES, ...options });
  closers.push(() => server.close());
  return server;
};

const put = (key: string, body: string): Promise<unknown> =>
  harness.s3.send(new PutObjectCommand({ Bucket: source, Key: key, Body: body }));

/** A project without the sample export API that the harness starts. */
const projectOf = (
  provider: string,
  api: Record<string, unknown>,
  sections: Record<string, Record<string, unknown>> = {},
): Promise<TestProject> =>
  harness.project({ config: { api_: { provider, endpoint: null, api_key: null, ...api }, ...sections } });

const expectFiles = (project: TestProject, files: readonly SampleFile[] = FILES): Promise<void> =>
  project.expectByteExact(files);

describe('url-list', () => {
  it.each(['atomic', 'direct'])(
    'a document whose URLs expire in the middle of a file, publish: %s',
    async (publish) => {
      const server = await listServer();
      const project = await projectOf(
        'url-list',
        { endpoint: server.endpoint, api_key: server.apiKey },
        { aws: { publish }, transfer: { lanes: 1, allowed_hosts: ['127.0.0.1'] } },
      );
      const runId = uniqueName('run');
      const handle = await expireDuring(server, LARGE, () => project.start({ runId }));
      const result = await handle.result();

      expect(result).toMatchObject({ records: 2, transferred: 2, exportId: expect.stringMatching(/^list-/) as string });
      await expectFiles(project);
      expect(server.stats.files[server.urlPath(LARGE)]?.statuses).toMatchObject({ 403: expect.any(Number) as number });
      const { workflowId } = handle;
      await expectNoSecrets(server, project, { workflowId, runId, records: FILES.length }, [server.urlPath(LARGE)]);
    },
    120_000,
  );

  it('a document in a bucket, with names of its own where URLs are alike', async () => {
    const server = await listServer({ needsKey: false });
    const entries = [
      { url: server.sign(LARGE), dataset: 'asset', name: 'large.csv' },
      { url: server.sign(SMALL), dataset: 'lists/daily' },
    ];
    await put('lists/today.json', JSON.stringify(entries));
    const project = await projectOf('url-list', {}, { url_list: { document: `s3://${source}/lists/today.json` } });
    expect(await project.run()).toMatchObject({ records: 2, transferred: 2 });
    await expectFiles(project);
  }, 60_000);

  it('a list in config.json; hosts at private addresses are refused unless they are named', async () => {
    const server = await listServer();
    const urls = [`${server.filesUrl}/csv/x.csv`];
    const project = await projectOf('url-list', {}, { url_list: { urls }, transfer: { allowed_hosts: [] } });
    expect(await failureOf(await project.start())).toMatchObject({ code: 'AddressRefused' });
    expect(server.stats.files).toEqual({});
  }, 60_000);

  it.each<[string, string | null, string]>([
    ['is not there', null, 'SourceNotFound'],
    ['is no list', '{"url":1}', 'RecordInvalid'],
    ['is empty', '[]', 'ExportEmpty'],
  ])(
    'a document that %s',
    async (_name, text, code) => {
      const key = uniqueName('list');
      if (text !== null) await put(key, text);
      const project = await projectOf('url-list', {}, { url_list: { document: `s3://${source}/${key}` } });
      const before = await project.snapshot();
      expect(await failureOf(await project.start())).toMatchObject({ code });
      await project.expectUnchanged(before);
    },
    60_000,
  );
});

describe('s3-prefix', () => {
  it('copies what lies below, under names of its own, from the prefix that the run names', async () => {
    await Promise.all(
      ['day-1/a.csv', 'day-2/b/c.csv', 'day-2/d.csv', 'day-20/e.csv'].map((key) => put(key, `of ${key}`)),
    );
    const project = await projectOf(
      's3-prefix',
      {},
      { s3_prefix: { prefix: `s3://${source}/day-1`, dataset: 'days' } },
    );
    expect(await project.run()).toMatchObject({
      records: 1,
      copied: 1,
      exportId: expect.stringMatching(/^prefix-/) as string,
    });
    expect(await project.run({ set: { 's3_prefix.prefix': `s3://${source}/day-2` } })).toMatchObject({ copied: 2 });
    const below = `${project.targetPrefix}/days/`;
    expect(Object.keys(await listObjects(harness.s3, project.bucket, below)).sort()).toEqual(
      ['a.csv', 'b/c.csv', 'd.csv'].map((name) => below + name),
    );
    expect(await objectDigest(harness.s3, project.bucket, `${below}b/c.csv`)).toEqual(
      await objectDigest(harness.s3, source, 'day-2/b/c.csv'),
    );
  }, 60_000);

  it.each([
    ['nothing lies below', `s3://${source}/nothing`, 'ExportEmpty'],
    ['there is no such bucket', `s3://${uniqueName('absent')}/x`, 'SourceNotFound'],
  ])(
    '%s',
    async (_name, prefix, code) => {
      const project = await projectOf('s3-prefix', {}, { s3_prefix: { prefix } });
      const before = await project.snapshot();
      expect(await failureOf(await project.start())).toMatchObject({ code });
      await project.expectUnchanged(before);
    },
    60_000,
  );

  it('types and dates are refused before anything is made', async () => {
    const project = await projectOf('s3-prefix', {}, { s3_prefix: { prefix: `s3://${source}/day-1` } });
    expect(await failureOf(await project.start({ export: 'policy' }))).toMatchObject({ code: 'InvalidInput' });
  }, 60_000);
});
