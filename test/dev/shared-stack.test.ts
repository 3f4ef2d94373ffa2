import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { Client, Connection } from '@temporalio/client';
import { SearchAttributeType, defineSearchAttributeKey } from '@temporalio/common';
import { SEARCH_ATTRIBUTES, TASK_QUEUES } from '../../src/model/names';
import { freshBucket, freshNamespace, sharedS3Client, sharedStack } from '../support/shared-stack';
import { until } from '../support/until';

const PROJECT = defineSearchAttributeKey(SEARCH_ATTRIBUTES.project, SearchAttributeType.KEYWORD);

describe('the shared stack of the tests', () => {
  it('gives each test a namespace of its own that can be searched by our attributes', async () => {
    const [mine, other] = await Promise.all([freshNamespace('mine'), freshNamespace('other')]);
    const connection = await Connection.connect({ address: sharedStack().temporal.address });
    const client = new Client({ connection, namespace: mine });
    await client.workflow.start('none', {
      taskQueue: TASK_QUEUES.workflows,
      workflowId: 'same-id',
      typedSearchAttributes: [{ key: PROJECT, value: 'sample' }],
    });
    const query = `${SEARCH_ATTRIBUTES.project} = "sample"`;
    const count = async (namespace: string): Promise<number> =>
      (await new Client({ connection, namespace }).workflow.count(query)).count;
    await until(async () => (await count(mine)) === 1, { what: 'the run to be listed', timeoutMs: 10_000 });
    const seenByOther = await count(other);
    await client.workflow.getHandle('same-id').terminate();
    await connection.close();
    expect(seenByOther).toBe(0);
  });

  it('gives each test an empty bucket of its own', async () => {
    const [one, two] = await Promise.all([freshBucket(), freshBucket()]);
    const client = sharedS3Client();
    const listings = await Promise.all([one, two].map((Bucket) => client.send(new ListObjectsV2Command({ Bucket }))));
    client.destroy();
    expect(one).not.toBe(two);
    expect(listings.map(({ KeyCount }) => KeyCount)).toEqual([0, 0]);
  });
});

describe('until', () => {
  it('names what it waited for, and the last fault of the probe', async () => {
    const waiting = until(() => Promise.reject(new Error('not up')), { what: 'a server', timeoutMs: 60 });
    await expect(waiting).rejects.toMatchObject({
      message: 'Waited 0.06 s for a server.',
      cause: { message: 'not up' },
    });
  });
});
