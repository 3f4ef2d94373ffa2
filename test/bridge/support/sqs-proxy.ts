/** Stands before an SQS server and holds chosen requests up, so that a bridge can be killed exactly there. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '../../support/until';

export interface SqsProxy {
  readonly endpoint: string;
  /** Requests so far, by action: `ReceiveMessage`, `DeleteMessage`, … */
  readonly counts: Readonly<Record<string, number>>;
  /** Holds every request of this action until release(); resolves when the first one is held. */
  hold(action: string): Promise<void>;
  release(): void;
  /** Ends what is held without carrying it out: for a client that was killed, whose closed connection may be noticed late. */
  drop(): void;
  /** As a server that is stopped: connections are refused, open ones end. */
  goDown(): Promise<void>;
  /** On the same port. */
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

/** `AmazonSQS.DeleteMessage` → `DeleteMessage` (the JSON protocol of SQS names the action in a header). */
const actionOf = ({ headers }: IncomingMessage): string =>
  String(headers['x-amz-target'] ?? '').replace('AmazonSQS.', '');

export const startSqsProxy = async (target: string): Promise<SqsProxy> => {
  const counts: Record<string, number> = {};
  let heldAction = '';
  let heldCount = 0;
  let release: (carryOut: boolean) => void = () => undefined;
  let released = Promise.resolve(true);

  const forward = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(request);
    const action = actionOf(request);
    counts[action] = (counts[action] ?? 0) + 1;
    if (action === heldAction) {
      heldCount += 1;
      if (!(await released)) {
        response.destroy();
        return;
      }
    }
    const headers = Object.fromEntries(
      Object.entries(request.headers).filter(([name]) => /^(x-amz-|content-type|authorization)/.test(name)),
    ) as Record<string, string>;
    const answer = await fetch(`${target}${request.url ?? '/'}`, { method: request.method ?? 'POST', headers, body });
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'application/json' });
    response.end(Buffer.from(await answer.arrayBuffer()));
  };
  const server = createServer((request, response) => {
    // A client that was killed, or a server that is down: the connection ends, as it would without us.
    forward(request, response).catch(() => response.destroy());
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  const goDown = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    counts,
    async hold(action) {
      heldAction = action;
      heldCount = 0;
      released = new Promise((resolve) => (release = resolve));
      await until(() => heldCount > 0, { what: `a held ${action}`, timeoutMs: 60_000 });
    },
    release() {
      heldAction = '';
      release(true);
    },
    drop() {
      heldAction = '';
      release(false);
    },
    goDown,
    comeBack: () => listen(port),
    close() {
      release(false);
      return goDown();
    },
  };
};
