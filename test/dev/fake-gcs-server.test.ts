/** The double of Cloud Storage and fake-gcs-server agree on plain reads and writes. */
import { startFakeGcsServer, type FakeGcsServer } from '../../src/dev/fake-gcs-server';
import { startGcsServer, type GcsServer } from '../../src/dev/gcs-server';
import { freshFolder } from '../support/shared-stack';
import { describeWithTools } from '../support/tools';
import { pattern, reasonOf, send } from './gcs-support';

describeWithTools(['fake-gcs-server'])('two doubles of Cloud Storage', () => {
  const folder = freshFolder('fake-gcs');
  let fake: FakeGcsServer;
  let own: GcsServer;
  beforeAll(async () => {
    [fake, own] = await Promise.all([
      startFakeGcsServer({ dataDir: folder.path, logDir: `${folder.path}-logs` }),
      startGcsServer(),
    ]);
    own.createBucket('box');
    await fake.createBucket('box');
  });
  afterAll(async () => {
    await Promise.all([fake.stop(), own.stop()]);
    folder.remove();
  });

  it('store the same object with the same checksums, and refuse the same condition', async () => {
    const bytes = pattern(70_000);
    const seen = [];
    for (const { endpoint } of [fake, own]) {
      const url = `${endpoint}/upload/storage/v1/b/box/o?uploadType=media&name=dir%2Fo&ifGenerationMatch=0`;
      const { body } = await send('POST', url, bytes, { 'Content-Type': 'text/csv' });
      const media = await send('GET', `${endpoint}/storage/v1/b/box/o/dir%2Fo?alt=media`, null, { Range: 'bytes=5-9' });
      const again = await send('POST', url, bytes);
      const listed = (await send('GET', `${endpoint}/storage/v1/b/box/o?prefix=dir/`)).body['items'] as object[];
      const missing = await send('GET', `${endpoint}/storage/v1/b/box/o/none`);
      seen.push({
        object: [body['name'], body['size'], body['crc32c'], body['md5Hash'], body['contentType']],
        media: [media.status, media.bytes.toString('hex'), media.headers['content-range']],
        again: [again.status, reasonOf(again)],
        listed: listed.length,
        missing: missing.status,
      });
    }
    expect(seen[1]).toEqual(seen[0]);
  });
});
