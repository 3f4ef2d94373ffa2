/** A refusal whose document was cut off on its way: what the store has refused is not known, whatever the status. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { createS3Client, createS3Destination } from '../../../src/transfer';
import { Secret } from '../../../src/model/secret';

const WHOLE = '<?xml version="1.0"?><Error><Code>NoSuchUpload</Code><Message>gone</Message></Error>';
const PAGE = '<html><body>404 by a proxy</body></html>';

/** The code of the error when a store answers so: `close` breaks the connection, else the document just ends. */
async function refusedWith(
  call: 'list' | 'begin',
  status: number,
  document: string,
  how: 'ends' | 'breaks',
): Promise<unknown> {
  const server = createServer((_, response) => {
    response.writeHead(status, how === 'breaks' ? { 'content-length': document.length + 1 } : {});
    response.write(document, () => (how === 'breaks' ? response.destroy() : response.end()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = createS3Client({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    forcePathStyle: true,
    credentials: { kind: 'keys', accessKeyId: 'AKIATEST', secretAccessKey: new Secret('secret') },
  });
  try {
    const destination = createS3Destination({ client, bucket: 'bucket' });
    const { signal } = new AbortController();
    const answer =
      call === 'list'
        ? destination.listParts('key', 'upload', signal)
        : destination.begin('key', { transferId: 'transfer' }, signal);
    return await answer.then(
      () => 'no error',
      (error: unknown) => (error as { code?: unknown }).code,
    );
  } finally {
    client.destroy();
    server.closeAllConnections();
    server.close();
  }
}

describe.each(['list', 'begin'] as const)('%s', (call) => {
  it.each([
    [404, WHOLE, 'ends', 'UploadLost'],
    [404, WHOLE.slice(0, 40), 'ends', 'DestinationUnavailable'],
    [404, WHOLE.slice(0, -3), 'ends', 'DestinationUnavailable'],
    [404, WHOLE, 'breaks', 'DestinationUnavailable'],
    [403, WHOLE.slice(0, 60), 'breaks', 'DestinationUnavailable'],
    // Whole, and no document of S3: what its status says is all there is.
    [404, PAGE, 'ends', 'ObjectNotFound'],
    [403, PAGE, 'ends', 'AccessDenied'],
  ] as const)('%i with %j, which %s: %s', async (status, document, how, code) => {
    await expect(refusedWith(call, status, document, how)).resolves.toBe(code);
  });
});
