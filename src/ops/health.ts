/** /health, /ready and /metrics over HTTP, for orchestrators and Prometheus. */
import { createServer, type IncomingMessage } from 'node:http';
import { closeNow, listenAt } from './listen';
import { processMetrics } from './process-metrics';

export interface HealthOptions {
  /** `host:port`; port 0: any free one. */
  readonly address: string;
  /** True once the workers poll, false again while they drain. */
  readonly isReady: () => boolean;
  /** Prometheus text; all of this process's by default. */
  readonly metrics?: () => string | Promise<string>;
}

export interface HealthServer {
  /** Where it listens: `host:port`. */
  readonly address: string;
  close(): Promise<void>;
}

type Answer = readonly [status: number, body: string, contentType?: string];

type Options = Required<Pick<HealthOptions, 'isReady' | 'metrics'>>;

const answer = async (request: IncomingMessage, { isReady, metrics }: Options): Promise<Answer> => {
  if (request.method !== 'GET' && request.method !== 'HEAD') return [405, '{"error":"GET only"}'];
  switch ((request.url ?? '/').split('?', 1)[0]) {
    case '/health':
      // Answering at all is the proof of health: the event loop turns.
      return [200, '{"status":"ok"}'];
    case '/ready':
      return isReady() ? [200, '{"ready":true}'] : [503, '{"ready":false}'];
    case '/metrics':
      return [200, await metrics(), 'text/plain; version=0.0.4; charset=utf-8'];
    default:
      return [404, '{"error":"try /health, /ready or /metrics"}'];
  }
};

/** Starts the server. Throws PortInUse where the address is taken, ConfigInvalid where it cannot be bound at all. */
export const startHealthServer = async (options: HealthOptions): Promise<HealthServer> => {
  const { isReady, metrics = () => processMetrics(isReady()) } = options;
  const server = createServer((request, response) => {
    void answer(request, { isReady, metrics })
      .catch((): Answer => [500, '{"error":"the metrics cannot be read"}'])
      .then(([status, body, type]) => {
        const headers = { 'content-type': type ?? 'application/json', 'cache-control': 'no-store' };
        response.writeHead(status, headers).end(body);
      });
  });
  const address = await listenAt(server, options.address, `The health address ${options.address}`);
  return {
    address,
    close: () => closeNow(server),
  };
};
