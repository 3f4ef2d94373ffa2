/**
 * Every job in the Temporal Web UI, in a real browser: what its current details say and how they are laid out, summaries of its
 * timeline, search attributes, descriptions of queries and Updates. One worker for all of them.
 */
import type { Browser, Page } from 'playwright-core';
import { generatedFile } from '../../src/dev/export-api';
import { ingestWorkerEnv } from '../../src/dev/sample-ingest';
import { ERRORS } from '../../src/model/errors';
import { TASK_QUEUES } from '../../src/model/names';
import type { JobProgress } from '../../src/model/run';
import { transferWorkflowId } from '../../src/model/transfer-event';
import { BROWSER_NEED, hasBrowser, launchBrowser } from '../support/browser';
import { IngestRig } from '../support/ingest-rig';
import { startJanitor, uploadOf } from '../support/janitor-world';
import { LoadRig } from '../support/load-rig';
import { HOST_ENV, md5, RestoreWorld } from '../support/restore-world';
import { RunHarness } from '../support/run-harness';
import { failureOf } from '../support/run-outcome';
import { sharedStack } from '../support/shared-stack';
import { describeWhere } from '../support/skip';
import { bytesOf } from '../support/transfer-rig';
import { until } from '../support/until';
import { namespaceUrl, openDetails, openPage, readDetails, runUrl, takeImage } from '../support/web-ui';

const item = (pattern: RegExp): string => expect.stringMatching(pattern) as string;

describeWhere(hasBrowser, BROWSER_NEED)('the Web UI of', () => {
  let harness: RunHarness;
  let load: LoadRig;
  let ingest: IngestRig;
  let world: RestoreWorld;
  let browser: Browser | undefined;
  let page: Page;
  beforeAll(async () => {
    harness = await RunHarness.start({ worker: false });
    load = await LoadRig.start({ harness, worker: false });
    const { s3 } = sharedStack();
    const env = { ...ingestWorkerEnv(s3), AWS_ENDPOINT_URL_S3: s3.endpoint };
    ingest = await IngestRig.on(harness, env);
    world = await RestoreWorld.on(harness);
    await harness.startWorker({ env: { ...HOST_ENV, ...env, ...load.env } });
    browser = await launchBrowser();
    page = await openPage(browser);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await ingest.stop();
    await load.stop();
    world.removeFolder();
  });

  /** Where the sentences of activities and timers stand. */
  const untilTimelineHas = async (workflowId: string, ...sentences: string[]): Promise<void> => {
    await page.goto(runUrl(harness, workflowId));
    for (const sentence of sentences) await page.getByText(sentence).first().waitFor();
  };
  /** Queries and Updates as its drop-downs list them; each must say what it is for. */
  const messagesOf = async (workflowId: string): Promise<string[]> => {
    interface Message {
      readonly name: string;
      readonly description?: string;
    }
    const { definition } = await harness.client.workflow
      .getHandle(workflowId)
      .query<{ definition: { queryDefinitions: Message[]; updateDefinitions: Message[] } }>(
        '__temporal_workflow_metadata',
      );
    const all = [...definition.queryDefinitions, ...definition.updateDefinitions].filter(
      ({ name }) => !name.startsWith('__'),
    );
    for (const { name, description } of all) expect([name, description ?? '']).toEqual([name, item(/\w+ \w+/)]);
    return all.map(({ name }) => name).sort();
  };
  const attributesOf = async (workflowId: string): Promise<string> => {
    await page.goto(runUrl(harness, workflowId));
    await page.getByRole('tab', { name: 'Search Attributes' }).click();
    await page.getByText('LonghaulJob').waitFor();
    return page.locator('body').innerText();
  };

  it('an export that waits for a decision, and then ends', async () => {
    const files = [generatedFile('asset', 'gone.parquet', 1_000, 1), generatedFile('asset', 'there.parquet', 1_000, 2)];
    const project = await harness.project({ files, config: { transfer: { on_error: 'wait' } } });
    project.api.faults.file({ path: 'gone.parquet', status: 404, body: '<Error/>', always: true });
    const handle = await project.start();
    const { workflowId } = handle;
    await until(async () => (await handle.query<JobProgress>('progress')).stage === 'parked', {
      timeoutMs: 30_000,
      what: 'the run to park',
    });
    const parked = await readDetails(await openDetails(page, harness, workflowId));
    await takeImage(page, 'web-ui-parked');
    expect(parked.headings).toEqual(['Parked', 'Last errors', 'What you can do now']);
    expect(parked.items).toEqual([
      item(/^Target: s3:\/\/\S+, atomic: nothing is visible until every record is in$/),
      item(/^Export \S+: SUCCEEDED after \d+ polls?$/),
      item(
        /^Records: 1 of 2 done \(50 %\), 0 in flight \(at most 4\), 0 failed, 0 skipped, 1 failed and waiting for you$/,
      ),
      item(/^Bytes: 1000 B in 1 object/),
      item(/^Batches: 0 of 1 done, 1 under way: \S+\/batch\/0 \(tab Relationships\)$/),
      item(
        new RegExp(
          `^record \\d \\(https?://.*gone\\.parquet\\): SourceNotFound .*${ERRORS.SourceNotFound.hint.slice(0, 30)}`,
        ),
      ),
      `Update retryFailed, or longhaul retry-failed ${workflowId}, moves the failed records again, after you have removed the cause`,
      item(new RegExp(`^Update skipRecord with \\{"record": \\d\\}, or longhaul skip-record ${workflowId} \\d, gives`)),
      item(/^Update abort, Request Cancellation or longhaul abort \S+ ends the run and takes back what it has made$/),
    ]);
    expect(await attributesOf(workflowId)).toMatch(/"LonghaulFailed": 1,\s+"LonghaulJob": "exportToS3"/);
    await page.goto(`${namespaceUrl(harness)}/workflows?query=LonghaulStage%3D%22parked%22`);
    await page.getByRole('link', { name: workflowId, exact: true }).first().waitFor();

    expect(await messagesOf(workflowId)).toEqual([
      'abort',
      'pause',
      'progress',
      'resume',
      'retryFailed',
      'setMaxBytesPerSec',
      'setMaxWorkers',
      'skipRecord',
      'upgrade',
    ]);

    project.api.faults.clear();
    await handle.executeUpdate('retryFailed');
    await handle.result();
    const done = await readDetails(await openDetails(page, harness, workflowId));
    expect(done.headings).toEqual(['Succeeded', 'What you can do now']);
    expect(done.text).toContain(`longhaul report ${workflowId} --open`);
    await untilTimelineHas(workflowId, 'Check configuration, API and bucket', 'Write the manifest', 'Write the report');
  }, 120_000);

  it('an export that was refused its key', async () => {
    const project = await harness.project({ files: [], config: { api_: { api_key: 'not-the-key' } } });
    const handle = await project.start();
    expect(await failureOf(handle)).toMatchObject({ code: 'ApiUnauthorized' });
    const { headings, text } = await readDetails(await openDetails(page, harness, handle.workflowId));
    await takeImage(page, 'web-ui-failed');
    expect(headings).toEqual(['Failed']);
    expect(text).toContain(ERRORS.ApiUnauthorized.hint);
  }, 60_000);

  it('an ingest with a file that is not there', async () => {
    const bucket = await ingest.bucket([ingest.host.add('/units.csv', 'a,b\n'), `${ingest.host.origin}/gone.csv`]);
    const handle = await ingest.start({ bucket, date: '2026-01-31' });
    await handle.result();
    const details = await openDetails(page, harness, handle.workflowId);
    await takeImage(details, 'web-ui-ingest');
    const { headings, items } = await readDetails(details);
    expect(headings).toEqual(['Succeeded', 'Last errors', 'What you can do now']);
    expect(items).toEqual(
      expect.arrayContaining([
        item(/^Target: s3:\/\/\S+, direct: each object is visible when it is done$/),
        item(/^Records: 2 of 2 done \(100 %\), .* 1 failed/),
        item(/^record 1 \(http\S+gone\.csv\): SourceNotFound /),
      ]),
    );
    await untilTimelineHas(handle.workflowId, 'Read parameters.json and plan the files');
  }, 60_000);

  it('a restore that could not have all', async () => {
    const id = await world.backup({ 'good.bin': bytesOf(1_000, 3) });
    world.record(id, { file_info: { ...world.infoOf(id), 'gone.bin': [5, md5(bytesOf(5))] } });
    const handle = await world.start({ raw_file_id: id });
    await failureOf(handle);
    const details = await openDetails(page, harness, handle.workflowId);
    await takeImage(details, 'web-ui-restore');
    const { headings, items, text } = await readDetails(details);
    expect(headings).toEqual(['Failed', 'Last errors', 'What you can do now']);
    expect(items).toEqual(
      expect.arrayContaining([
        item(/^From s3:\/\/\S+ to \S+ on host host-1$/),
        item(/^record \d \(s3:\/\/\S+gone\.bin\): SourceNotFound /),
      ]),
    );
    expect(text).toContain('RecordsFailed');
    expect(await attributesOf(handle.workflowId)).toMatch(/LonghaulProject[^]*raw-/);
    await untilTimelineHas(handle.workflowId, `Check configuration, catalogue and disk for ${id}`);
  }, 60_000);

  it('a load', async () => {
    const set = await load.dataSet();
    await set.put('a.csv', 'id,name,amount\n1,a,2.00\n2,b,3.00\n');
    const handle = await set.start();
    await handle.result();
    const details = await openDetails(page, harness, handle.workflowId);
    await takeImage(details, 'web-ui-load');
    const { headings, items } = await readDetails(details);
    expect(headings).toEqual(['Succeeded', 'What you can do now']);
    expect(items).toEqual(
      expect.arrayContaining([
        item(/^Table: public\.\S+ \(development\), full: its readers see the old rows until all new ones are in$/),
        item(/^Rows: 2 in 1 chunk, \d+ B staged, 0 rejected$/),
      ]),
    );
    await untilTimelineHas(handle.workflowId, `Replace the rows of public.${set.table}`);
  }, 60_000);

  it('an event whose object is not there', async () => {
    const [eventId, bucket] = ['0b6f0c7e-4a52-4a33-9c1e-5c8f2f6d1a10', (await harness.project()).bucket];
    const at = (key: string) => ({ provider: 'aws_s3', bucket, key, region: 'us-east-1' });
    const event = {
      schemaVersion: '1.0.0',
      eventId,
      correlationId: eventId,
      timestamp: new Date().toISOString(),
      source: at('gone/*from*_here_.csv'),
      destination: at('to.csv'),
    };
    const handle = await harness.client.workflow.start('transferEvent', {
      taskQueue: TASK_QUEUES.transfer,
      workflowId: transferWorkflowId(eventId),
      args: [event],
    });
    await expect(handle.result()).rejects.toThrow();
    const details = await openDetails(page, harness, handle.workflowId);
    await takeImage(details, 'web-ui-event');
    const { headings, items, text } = await readDetails(details);
    expect(headings).toEqual(['Failed', 'What you can do now']);
    expect(items.slice(0, 2)).toEqual([`From s3://${bucket}/gone/*from*_here_.csv`, `To s3://${bucket}/to.csv`]);
    expect(text).toContain(ERRORS.SourceNotFound.hint);
    expect(await attributesOf(handle.workflowId)).toMatch(/LonghaulJob[^]*transferEvent/);
    expect(await messagesOf(handle.workflowId)).toEqual(['progress']);
  }, 60_000);

  it('a janitor that has found an upload', async () => {
    const project = await harness.project();
    await uploadOf(project, `${project.targetPrefix}/asset/foreign.csv`, 30);
    const handle = await startJanitor(harness, { project: project.name });
    await handle.result();
    const details = await openDetails(page, harness, handle.workflowId);
    await takeImage(details, 'web-ui-janitor');
    const { headings, items } = await readDetails(details);
    expect(headings).toEqual(['Looked through', 'Stays', 'What you can do now']);
    expect(items).toEqual(expect.arrayContaining([item(/^Step \d of \d, 1 open upload looked at$/), item(/^1: /)]));
    expect(await attributesOf(handle.workflowId)).toMatch(/LonghaulJob[^]*cleanUp/);
    expect(await messagesOf(handle.workflowId)).toEqual(['progress']);
    await untilTimelineHas(handle.workflowId, 'Look at open uploads');
  }, 60_000);
});
