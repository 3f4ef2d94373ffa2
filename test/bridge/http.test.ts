/** `POST /events`: who may, what comes back, and when it is 503. */
import { request } from 'node:http';
import type { Bridge } from '../../src/bridge/bridge';
import { transferWorkflowId } from '../../src/model/transfer-event';
import { BridgeRig } from './support/bridge-rig';
import { newEvent } from './support/events';

const TOKEN = 'correct-horse-battery-staple';
const AUTHORIZED = { authorization: `Bearer ${TOKEN}` };

let rig: BridgeRig;
let bridge: Bridge;
let url: string;

const start = async (more: Record<string, string> = {}): Promise<void> => {
  bridge = await rig.bridge({
    LONGHAUL_BRIDGE_HTTP_ADDRESS: '127.0.0.1:0',
    LONGHAUL_BRIDGE_HTTP_TOKEN_ENV: 'BRIDGE_TOKEN',
    BRIDGE_TOKEN: TOKEN,
    ...more,
  });
  url = bridge.inputs[0]!;
};

const post = async (body: unknown, headers: Record<string, string> = AUTHORIZED) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(url, { method: 'POST', headers, body: text });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
};

beforeEach(async () => {
  rig = await BridgeRig.start();
});
afterEach(() => rig.stop());

describe('POST /events', () => {
  it('starts a transfer once, and tells the same run for the same event', async () => {
    await start();
    const event = newEvent();
    const first = await post(event);
    expect(first).toMatchObject({
      status: 202,
      body: { eventId: event.eventId, workflowId: transferWorkflowId(event.eventId), duplicate: false },
    });
    const second = await post({ ...event, eventId: event.eventId.toUpperCase() });
    expect(second).toMatchObject({ status: 202, body: { runId: first.body['runId'], duplicate: true } });
    expect(await rig.untilTransfers(1)).toHaveLength(1);
  });

  it('refuses who has no token or a wrong one, and logs none', async () => {
    await start();
    const none = await post(newEvent(), {});
    expect(none.status).toBe(401);
    expect(none.headers.get('www-authenticate')).toMatch(/^Bearer/);
    expect((await post(newEvent(), { authorization: 'Basic dXNlcjpwYXNz' })).status).toBe(401);
    for (const wrong of [`${TOKEN}x`, TOKEN.slice(1), TOKEN.toUpperCase(), 'x']) {
      expect((await post(newEvent(), { authorization: `Bearer ${wrong}` })).status).toBe(403);
    }
    expect(await rig.transfers()).toEqual([]);
    expect(JSON.stringify(rig.lines)).not.toContain(TOKEN);
  });

  it('answers 400 with everything that is wrong', async () => {
    await start();
    const bad = await post({ ...newEvent(), eventId: undefined, schemaVersion: '2.0.0', timestamp: 'yesterday' });
    expect(bad.status).toBe(400);
    expect((bad.body['error'] as { problems: string[] }).problems).toEqual([
      expect.stringMatching(/^schemaVersion must be 1\.x/) as string,
      'eventId is missing',
      expect.stringMatching(/^timestamp must be a date/) as string,
    ]);
    expect((await post('not JSON')).status).toBe(400);
  });

  it('answers 413 to ten megabytes, declared or streamed, without reading them', async () => {
    await start();
    expect((await post('x'.repeat(10_000_000))).status).toBe(413);
    const streamed = await new Promise<number | undefined>((resolve, reject) => {
      const sending = request(url, { method: 'POST', headers: AUTHORIZED }, (response) => {
        resolve(response.statusCode);
        sending.destroy();
      });
      sending.once('error', reject);
      for (let part = 0; part < 5; part += 1) sending.write('x'.repeat(100_000));
    });
    expect(streamed).toBe(413);
  });

  it('knows one path and one method', async () => {
    await start();
    expect((await fetch(url, { headers: AUTHORIZED })).status).toBe(405);
    expect((await fetch(url.replace('/events', '/'), { method: 'POST', headers: AUTHORIZED })).status).toBe(404);
  });

  it('answers 503 with Retry-After while as many transfers are open as may be, and goes on by itself', async () => {
    await start({ LONGHAUL_BRIDGE_MAX_OPEN_TRANSFERS: '1' });
    expect((await post(newEvent())).status).toBe(202);
    const busy = await post(newEvent());
    expect(busy).toMatchObject({ status: 503, body: { error: { code: 'BridgeBusy' } } });
    expect(Number(busy.headers.get('retry-after'))).toBeGreaterThan(0);
    await rig.untilTransfers(1);
    await rig.closeAll();
    // It asks Temporal at intervals: a sender that comes again as it was told gets in.
    let status = 503;
    const deadline = performance.now() + 30_000;
    while (status === 503 && performance.now() < deadline) ({ status } = await post(newEvent()));
    expect(status).toBe(202);
  });

  it('answers no more once it is stopped', async () => {
    await start();
    await bridge.stop();
    expect(bridge.isReady()).toBe(false);
    await expect(post(newEvent())).rejects.toThrow();
  });
});
