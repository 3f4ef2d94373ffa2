import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { Client, Connection } from '@temporalio/client';
import { SearchAttributeType, defineSearchAttributeKey } from '@temporalio/common';
import { s3ClientFor } from '../../src/dev/s3-client';
import { createReadOnlyUser } from '../../src/dev/s3-users';
import { SAMPLE_PREFIX, SAMPLE_SOURCE_BUCKET, SAMPLE_TARGET_BUCKET } from '../../src/dev/seed';
import { startStack } from '../../src/dev/stack';
import type { Stack } from '../../src/dev/stack';
import { SEARCH_ATTRIBUTES, TASK_QUEUES } from '../../src/model/names';

const STAGE = defineSearchAttributeKey(SEARCH_ATTRIBUTES.stage, SearchAttributeType.KEYWORD);

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('the embedded stack', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack();
  });
  afterAll(() => stack.stop());

  it('answers at every address that it describes', async () => {
    const description = stack.describe();
    expect((await fetch(description.temporal.uiUrl)).status).toBe(200);
    expect((await fetch(`${description.s3.endpoint}/health`)).status).toBe(200);
    const answer = await fetch(description.exportApi.endpoint, {
      method: 'POST',
      headers: { 'X-Api-Key': description.exportApi.apiKey, 'Content-Type': 'application/json' },
      body: JSON.stringify({ query: 'query { __typename }' }),
    });
    expect(await answer.json()).toEqual({ data: { __typename: 'Query' } });
    expect(Object.keys(description.pids)).toEqual(['dev', 'temporal', 's3']);
  });

  it('holds 1,200 objects of real data under the sample prefix', async () => {
    const client = s3ClientFor(stack.s3, stack.s3);
    const page = { Bucket: SAMPLE_SOURCE_BUCKET, Prefix: SAMPLE_PREFIX };
    const first = await client.send(new ListObjectsV2Command(page));
    const rest = await client.send(
      new ListObjectsV2Command({ ...page, ContinuationToken: first.NextContinuationToken }),
    );
    client.destroy();
    expect((first.KeyCount ?? 0) + (rest.KeyCount ?? 0)).toBe(1_200);
    expect(first.Contents?.every(({ Size }) => (Size ?? 0) > 500)).toBe(true);
  });

  it('keeps workflows and their search attributes over a kill and restart of the Temporal server', async () => {
    const start = async (): Promise<void> => {
      const connection = await Connection.connect({ address: stack.temporal.address });
      const client = new Client({ connection, namespace: stack.temporal.namespace });
      await client.workflow.start('none', {
        taskQueue: TASK_QUEUES.workflows,
        workflowId: 'survivor',
        typedSearchAttributes: [{ key: STAGE, value: 'waiting' }],
      });
      await connection.close();
    };
    await start();
    const pid = stack.temporal.pid;
    await stack.temporal.kill();
    await stack.temporal.restart();
    expect(stack.temporal.pid).not.toBe(pid);
    const connection = await Connection.connect({ address: stack.temporal.address });
    const client = new Client({ connection, namespace: stack.temporal.namespace });
    const description = await client.workflow.getHandle('survivor').describe();
    await client.workflow.getHandle('survivor').terminate();
    await connection.close();
    expect(description.typedSearchAttributes.get(STAGE)).toBe('waiting');
  });

  it('keeps objects over a kill and restart of the S3 server', async () => {
    const client = s3ClientFor(stack.s3, stack.s3);
    const object = { Bucket: SAMPLE_TARGET_BUCKET, Key: 'survivor' };
    await client.send(new PutObjectCommand({ ...object, Body: 'still here' }));
    await stack.s3.kill();
    await stack.s3.restart();
    const { Body } = await client.send(new GetObjectCommand(object));
    const text = await Body?.transformToString();
    client.destroy();
    expect(text).toBe('still here');
  });

  it('has a user who can read and not write', async () => {
    const reader = s3ClientFor(stack.s3, await createReadOnlyUser(stack.s3, SAMPLE_SOURCE_BUCKET), 1);
    const listing = await reader.send(new ListObjectsV2Command({ Bucket: SAMPLE_SOURCE_BUCKET, MaxKeys: 1 }));
    const put = reader.send(new PutObjectCommand({ Bucket: SAMPLE_SOURCE_BUCKET, Key: 'no', Body: 'no' }));
    await expect(put).rejects.toMatchObject({ name: 'AccessDenied', $metadata: { httpStatusCode: 403 } });
    reader.destroy();
    expect(listing.KeyCount).toBe(1);
  });

  it('refuses a data folder that another stack uses', async () => {
    await expect(startStack({ dataDir: stack.dataDir })).rejects.toMatchObject({ code: 'InvalidInput' });
    expect((await fetch(`${stack.s3.endpoint}/health`)).status).toBe(200);
  });
});

describe('starting and stopping', () => {
  it('names a chosen port that is taken, and leaves nothing behind', async () => {
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve));
    const { port } = squatter.address() as AddressInfo;
    let progress = '';
    const started = startStack({ ports: { s3: port }, onProgress: (message) => (progress += message) });
    await expect(started).rejects.toMatchObject({
      code: 'PortInUse',
      message: expect.stringContaining(`${port}`) as unknown,
    });
    squatter.close();
    expect(progress).toContain('Starting');
  });

  it('leaves no process and no folder, and keeps the keys of a folder that stays', async () => {
    const stack = await startStack({ sampleData: false });
    const { temporal, s3 } = stack.describe().pids;
    expect(isAlive(temporal!) && isAlive(s3!)).toBe(true);
    await stack.stop();
    expect([temporal!, s3!].filter(isAlive)).toEqual([]);
    expect(existsSync(stack.dataDir)).toBe(false);
  });
});
