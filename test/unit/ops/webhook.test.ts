import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LonghaulError } from '../../../src/model/errors';
import { Secret } from '../../../src/model/secret';
import { notifyWebhook } from '../../../src/ops/webhook';

const TOKEN = 'the-very-secret-token';
let server: Server;
let port: number;
/** What is answered, first to last; the last one for good. `silence`: nothing. */
let statuses: (number | 'silence' | 'cut')[];
let received: { method: string | undefined; headers: IncomingHttpHeaders; body: string }[];
let onRequest: () => void;

beforeEach(async () => {
  statuses = [200];
  received = [];
  onRequest = () => undefined;
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      received.push({ method: request.method, headers: request.headers, body });
      onRequest();
      const status = statuses.length > 1 ? statuses.shift() : statuses[0];
      if (status === 'cut') request.socket.destroy();
      else if (typeof status === 'number') response.writeHead(status, { location: '/elsewhere' }).end('thanks');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const QUICK = { delayMs: 1, timeoutMs: 5_000 };
const urlTo = (at = port): Secret => new Secret(`http://127.0.0.1:${at}/hooks/${TOKEN}?x=${TOKEN}`);
const tell = (options = QUICK, signal = new AbortController().signal, url = urlTo()): Promise<void> =>
  notifyWebhook(url, { status: 'SUCCESS' }, signal, options);
const failureOf = async (work: Promise<void>): Promise<LonghaulError> => {
  const error: unknown = await work.then(
    () => new Error('Nothing was thrown.'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof LonghaulError)) throw error as Error;
  expect(JSON.stringify([error.message, error.stack, String(error.cause)])).not.toContain(TOKEN);
  return error;
};

test('the summary is posted as JSON, once', async () => {
  await tell();
  expect(received).toHaveLength(1);
  expect(received[0]).toMatchObject({ method: 'POST', body: '{"status":"SUCCESS"}' });
  expect(received[0]?.headers['content-type']).toBe('application/json');
});

test.each<[string, (number | 'cut')[]]>([
  ['a server error', [500, 503, 204]],
  ['too many requests', [429, 201]],
  ['a cut connection', ['cut', 200]],
])('%s is tried again', async (_name, answers) => {
  statuses = answers;
  const count = answers.length;
  await tell();
  expect(received).toHaveLength(count);
});

test('three attempts at most', async () => {
  statuses = [500];
  const error = await failureOf(tell());
  expect(error).toMatchObject({ code: 'WebhookFailed', message: 'The webhook answered 500.' });
  expect(received).toHaveLength(3);
});

test.each([400, 404, 302])('%i is final, and a redirect is not followed', async (status) => {
  statuses = [status];
  expect((await failureOf(tell())).message).toBe(`The webhook answered ${status}.`);
  expect(received).toHaveLength(1);
});

test('silence is over at the limit', async () => {
  statuses = ['silence'];
  const error = await failureOf(
    notifyWebhook(urlTo(), {}, new AbortController().signal, { attempts: 1, timeoutMs: 50 }),
  );
  expect(error.message).toBe('The webhook did not answer in time.');
});

test('nobody there, and no URL at all', async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
  expect((await failureOf(tell())).message).toContain('ECONNREFUSED');
  for (const text of [TOKEN, `ftp://h/${TOKEN}`, ''])
    expect((await failureOf(tell(QUICK, undefined, new Secret(text)))).message).toContain('no http or https URL');
  server = createServer().listen(0);
  await once(server, 'listening');
});

test('an abort ends it with its own reason, in an attempt and between two', async () => {
  const reason = new Error('stop');
  for (const [answer, delayMs] of [
    ['silence', 1],
    [500, 60_000],
  ] as const) {
    statuses = [answer];
    const abort = new AbortController();
    onRequest = () => setImmediate(() => abort.abort(reason));
    await expect(tell({ ...QUICK, delayMs }, abort.signal)).rejects.toBe(reason);
  }
});
