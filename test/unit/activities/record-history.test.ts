/** How often the janitor reads histories, and what it finds in them. Temporal is scripted here: the reads are what is counted. */
import { ServiceError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { defaultDataConverter, toPayloads } from '@temporalio/common';
import { RecordHistories } from '../../../src/activities/lib/janitor/record-history';

const UPLOADS = 1_000;
const RECORDS_OF_A_BATCH = 400;
const ids = Array.from({ length: UPLOADS }, (_, at) => `upload-${at}`);
const recordOf = (at: number) => ({ n: at, page: Math.floor(at / RECORDS_OF_A_BATCH) });

const toldBy = (answer: unknown) => ({
  activityTaskCompletedEventAttributes: {
    result: { payloads: toPayloads(defaultDataConverter.payloadConverter, answer) },
  },
});

/** Answers of the given workflows; any other has no history. The first `outages` reads fail. */
const scripted = (answers: Readonly<Record<string, readonly unknown[]>>, outages = 0) => {
  const reads: string[] = [];
  let failing = outages;
  const fetchHistory = (workflowId: string): Promise<object> => {
    reads.push(workflowId);
    failing -= 1;
    if (failing >= 0) return Promise.reject(new ServiceError('away'));
    const told = answers[workflowId];
    // As gRPC says it: 5 is "not found".
    if (told === undefined)
      return Promise.reject(Object.assign(new Error('5 NOT_FOUND'), { code: 5, details: '', metadata: {} }));
    return Promise.resolve({ events: told.map(toldBy) });
  };
  const temporal = {
    options: { loadedDataConverter: defaultDataConverter },
    workflow: { getHandle: (workflowId: string) => ({ fetchHistory: () => fetchHistory(workflowId) }) },
  } as unknown as Client;
  return { temporal, reads };
};

it('reads the history of a batch once, however many of its uploads are asked for', async () => {
  const answers: Record<string, unknown[]> = { 'run/batch/0': [], 'run/batch/1': [], 'run/batch/2': [] };
  // Two of three told; in the shapes of an answer and of one that is nested deeper.
  ids.forEach((uploadId, at) => {
    if (at % 3 === 0) answers[`run/batch/${recordOf(at).page}`]?.push({ kind: 'begun', upload: { uploadId } });
    if (at % 3 === 1) answers[`run/batch/${recordOf(at).page}`]?.push([{ begun: { a: [uploadId] } }, 7, null]);
  });
  const { temporal, reads } = scripted(answers);
  const histories = new RecordHistories(temporal, new Set(ids));
  const named = await Promise.all(ids.map((uploadId, at) => histories.name('run', recordOf(at), uploadId)));
  expect(named).toEqual(ids.map((_, at) => at % 3 !== 2));
  expect(reads.filter((id) => id.includes('/batch/')).sort()).toEqual(['run/batch/0', 'run/batch/1', 'run/batch/2']);
  // Only of those that the batch does not name, and once each.
  expect(reads.filter((id) => id.includes('/record/'))).toHaveLength(333);
});

it('finds an id that only the record itself has told, and says where nothing is known any more', async () => {
  const { temporal } = scripted({ 'run/record/5': ['upload-5'], 'run/batch/1': [] });
  const histories = new RecordHistories(temporal, new Set(ids));
  await expect(histories.name('run', { n: 5, page: 0 }, 'upload-5')).resolves.toBe(true);
  await expect(histories.name('run', { n: 5, page: 0 }, 'upload-6')).resolves.toBe(false);
  await expect(histories.name('run', { n: 500, page: 1 }, 'upload-500')).resolves.toBe(false);
  await expect(histories.name('gone', { n: 1, page: 0 }, 'upload-1')).resolves.toBeNull();
});

it('asks again where the server was away', async () => {
  const { temporal } = scripted({ 'run/batch/0': ['upload-1'] }, 1);
  const histories = new RecordHistories(temporal, new Set(ids));
  await expect(histories.name('run', { n: 1, page: 0 }, 'upload-1')).rejects.toThrow('away');
  await expect(histories.name('run', { n: 1, page: 0 }, 'upload-1')).resolves.toBe(true);
});
