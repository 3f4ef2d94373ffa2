import { startHealthServer, type HealthServer } from '../../../src/ops/health';
import { TransferMetrics } from '../../../src/ops/metrics';

let server: HealthServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

test('/health, /ready, /metrics and the rest', async () => {
  let ready = false;
  const metrics = new TransferMetrics();
  metrics.addBytes(100, 7);
  server = await startHealthServer({
    address: '127.0.0.1:0',
    isReady: () => ready,
    metrics: () => metrics.prometheus(),
  });
  const get = async (path: string, method = 'GET') => {
    const response = await fetch(`http://${server?.address ?? ''}${path}`, { method });
    return { status: response.status, type: response.headers.get('content-type'), body: await response.text() };
  };
  expect(await get('/health')).toMatchObject({ status: 200, body: '{"status":"ok"}' });
  expect(await get('/ready?x=1')).toMatchObject({ status: 503, body: '{"ready":false}' });
  ready = true;
  expect(await get('/ready')).toMatchObject({ status: 200, body: '{"ready":true}' });
  expect(await get('/metrics')).toMatchObject({
    status: 200,
    type: 'text/plain; version=0.0.4; charset=utf-8',
    body: expect.stringContaining('\nlonghaul_transfer_resent_bytes_total 7\n') as string,
  });
  expect((await get('/other')).status).toBe(404);
  expect((await get('/health', 'POST')).status).toBe(405);
});

test('a taken address and one that is not ours are named errors', async () => {
  server = await startHealthServer({ address: '127.0.0.1:0', isReady: () => true });
  await expect(startHealthServer({ address: server.address, isReady: () => true })).rejects.toMatchObject({
    code: 'PortInUse',
    message: expect.stringContaining(server.address) as string,
  });
  await expect(startHealthServer({ address: '203.0.113.1:8080', isReady: () => true })).rejects.toMatchObject({
    code: 'ConfigInvalid',
  });
});
