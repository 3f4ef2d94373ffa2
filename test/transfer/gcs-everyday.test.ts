/** Everyday moves through fake-gcs-server, which shares no code with our own double: other paths, other headers. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import * as path from 'node:path';
import { until } from '../../src/dev/wait';
import {
  createGcsClient,
  createGcsDestination,
  createGcsSource,
  createS3Destination,
  createS3Source,
  putSmall,
  type GcsClient,
} from '../../src/transfer';
import { bytesOf, makeSpec, MIB, moveAll, readObject, sha256 } from '../support/transfer-rig';
import { describeWhere } from '../support/skip';
import { freePort, startTestS3, type TestS3 } from '../support/versitygw';

const tools = path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'longhaul', 'tools');
const found = existsSync(tools) ? readdirSync(tools).find((name) => name.startsWith('fake-gcs-server-')) : undefined;
const binary = path.join(tools, found ?? '', 'fake-gcs-server');

describeWhere(found !== undefined, 'fake-gcs-server: npm run setup -- --with fake-gcs-server')(
  'fake-gcs-server',
  () => {
    let child: ChildProcess;
    let folder: string;
    let endpoint: string;
    let client: GcsClient;
    let s3: TestS3;

    beforeAll(async () => {
      folder = mkdtempSync(path.join(tmpdir(), 'longhaul-gcs-'));
      const port = await freePort();
      endpoint = `http://127.0.0.1:${port}`;
      const at = ['-scheme', 'http', '-host', '127.0.0.1', '-port', String(port), '-public-host', `127.0.0.1:${port}`];
      const args = [...at, '-external-url', endpoint, '-backend', 'filesystem', '-filesystem-root', folder];
      child = spawn(binary, args, { stdio: 'ignore' });
      const isUp = async (): Promise<boolean> => (await fetch(`${endpoint}/storage/v1/b`)).ok;
      await until(isUp, { what: 'fake-gcs-server', timeoutMs: 20_000 });
      const made = await fetch(`${endpoint}/storage/v1/b`, { method: 'POST', body: '{"name":"everyday"}' });
      expect(made.status).toBe(200);
      client = createGcsClient({ endpoint });
      s3 = await startTestS3();
      await s3.bucket('everyday');
    });
    afterAll(async () => {
      await client.close();
      await s3.stop();
      child.kill('SIGKILL');
      await once(child, 'exit');
      rmSync(folder, { recursive: true, force: true });
    });

    test.each([0, 1000, 6 * MIB])('S3 to Google and back, %d bytes', async (size) => {
      const body = bytesOf(size, 11);
      const store = createS3Destination({ client: s3.client, bucket: 'everyday' });
      const { signal } = new AbortController();
      await putSmall(store, `from/${size}`, body, { contentType: 'text/csv', signal });
      const there = makeSpec({
        client: s3.client,
        bucket: 'everyday',
        source: createS3Source({ client: s3.client, bucket: 'everyday', key: `from/${size}` }),
        publish: 'direct',
      });
      const destination = createGcsDestination({ client, bucket: 'everyday' });
      expect(await moveAll({ ...there, destination })).toMatchObject({ bytes: size, verified: 'crc32c' });
      const source = createGcsSource({ client, bucket: 'everyday', key: there.key });
      const back = makeSpec({ client: s3.client, bucket: 'everyday', source, publish: 'direct' });
      expect(await moveAll(back)).toMatchObject({ bytes: size });
      expect(sha256(await readObject(s3.client, 'everyday', back.key))).toBe(sha256(body));
    });
  },
);
