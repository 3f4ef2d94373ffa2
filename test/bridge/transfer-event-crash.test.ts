/** SIGKILL of the worker in the middle of a large object: another one goes on; and no secret is anywhere to be seen. */
import { EventRig, PART_BYTES, patterned, sha256Of } from '../support/event-rig';
import { descriptions, findSecrets, histories, textOfAll } from '../support/secret-search';
import { sharedStack } from '../support/shared-stack';
import { until } from '../support/until';

const PARTS = 8;
const LANES = 2;

let rig: EventRig;
beforeAll(async () => {
  rig = await EventRig.start({ LONGHAUL_LOG_LEVEL: 'DEBUG' });
}, 90_000);
afterAll(() => rig.stop());

test('a killed worker uses up no attempt, and no more is sent again than was in flight', async () => {
  const body = patterned(PARTS * PART_BYTES);
  const [source, destination] = [rig.at('gcp_gcs', 'crash/in'), rig.at('aws_s3', 'crash/out')];
  await rig.put(source, body);
  let held = 0;
  let isKilled = false;
  rig.s3.script = ({ operation, url }) => {
    const number = Number(url.searchParams.get('partNumber'));
    if (operation !== 'part' || isKilled || number <= 4) return 'pass';
    held += 1;
    return { holdUntil: new Promise(() => undefined) };
  };
  const event = rig.event(source, destination, { checksumSHA256: sha256Of(body), maxRetries: 0 });
  const handle = await rig.start(event);
  await until(() => held === LANES, { what: 'all lanes in the middle of a part', timeoutMs: 30_000 });
  const seen = await descriptions(rig.harness.client, [handle.workflowId]);
  const [worker] = rig.harness.workers;
  await worker?.kill();
  isKilled = true;
  await rig.harness.startWorker({ env: rig.env });
  const result = await handle.result();

  expect(result).toMatchObject({ bytes: body.length, attempts: 1, verified: 'sha256' });
  expect(result.resentBytes).toBeLessThanOrEqual(LANES * PART_BYTES);
  // Four parts that had arrived, the two in flight twice, and the two after them.
  expect(rig.seen(destination.key, 'part')).toBe(PARTS + LANES);
  expect((await rig.read(destination))?.body.equals(body)).toBe(true);
  expect(await rig.uploads()).toEqual([]);

  const metadata = await handle.query<unknown>('__temporal_workflow_metadata');
  const exhibits = [
    ...seen,
    ...(await histories(rig.harness.client, [handle.workflowId])),
    ['current details', textOfAll(metadata)] as const,
    ['worker log', rig.harness.logs()] as const,
  ].map(([place, text]) => [place, text.replaceAll(sha256Of(body), 'the sum of the event')] as const);
  expect(findSecrets(exhibits, [sharedStack().s3.secretAccessKey])).toEqual([]);
  expect(exhibits.map(([, text]) => text).join('\n')).toContain('crash/out');
}, 90_000);
