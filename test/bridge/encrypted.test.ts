/** Events through a bridge that encrypts: their workflows start eagerly and move small objects by a local activity. */
import { converterOf, keyIdsIn, newKey, plainPayloads } from '../support/encrypted';
import { EventRig, patterned, sha256Of } from '../support/event-rig';
import { uniqueName } from '../support/shared-stack';
import { freePort } from '../support/versitygw';
import { Client } from '@temporalio/client';

const KEY = newKey('events');
const TOKEN = 'the-token-of-these-events';

let rig: EventRig;
let client: Client;
let address: string;
beforeAll(async () => {
  address = `127.0.0.1:${await freePort()}`;
  rig = await EventRig.start({
    LONGHAUL_PAYLOAD_KEYS: KEY,
    LONGHAUL_BRIDGE_HTTP_ADDRESS: address,
    LONGHAUL_BRIDGE_HTTP_TOKEN_ENV: 'EVENTS_TOKEN',
    EVENTS_TOKEN: TOKEN,
  });
  const { connection, namespace } = rig.harness;
  client = new Client({ connection, namespace, dataConverter: converterOf(KEY) });
}, 90_000);
afterAll(() => rig.stop());

const send = async (event: unknown): Promise<{ workflowId: string; duplicate: boolean }> => {
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
  const reply = await fetch(`http://${address}/events`, { method: 'POST', headers, body: JSON.stringify(event) });
  expect(reply.status).toBe(202);
  return (await reply.json()) as { workflowId: string; duplicate: boolean };
};

test('an event that moves, one that comes twice, and one that fails show the server no payload', async () => {
  const [from, to] = [rig.at('aws_s3', uniqueName('in')), rig.at('aws_s3', uniqueName('out'))];
  const body = patterned(70_000);
  await rig.put(from, body);
  const event = rig.event(from, to, { checksumSHA256: sha256Of(body) });
  const { workflowId } = await send(event);
  const moved = client.workflow.getHandle(workflowId);
  expect(await moved.result()).toMatchObject({ bytes: 70_000, verified: 'sha256' });
  expect((await rig.read(to))?.body.equals(body)).toBe(true);
  expect(await send(event)).toMatchObject({ workflowId, duplicate: true });

  const missing = await send(rig.event(rig.at('aws_s3', uniqueName('nowhere')), to));
  const failed = client.workflow.getHandle(missing.workflowId);
  await expect(failed.result()).rejects.toMatchObject({ cause: { type: 'SourceNotFound' } });

  const histories = await Promise.all([moved, failed].map((handle) => handle.fetchHistory()));
  const [events] = histories.map((history) => history.events ?? []);
  expect(events?.some((each) => each.markerRecordedEventAttributes?.markerName === 'core_local_activity')).toBe(true);
  expect(plainPayloads(histories)).toEqual([]);
  expect([...keyIdsIn(histories)]).toEqual(['events']);
}, 60_000);
