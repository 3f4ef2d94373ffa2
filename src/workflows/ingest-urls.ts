/** `ingestUrls`: the files that parameters.json lists land in S3 below the day's key; those that fail do not stop others. */
import { defineSearchAttributeKey } from '@temporalio/common';
import { ContinueAsNew, log, workflowInfo } from '@temporalio/workflow';
import type { IngestFiles, IngestLogFields } from '../activities/types';

import { normalizeIngestInput } from '../model/ingest-input';
import { ingestResult } from '../model/ingest-result';
import {
  ingestDay,
  ingestOverrides,
  type IngestInput,
  type IngestResult,
  type IngestSettings,
} from '../model/ingest-run';
import { api } from './lib/activity-options';
import { failure, firstCause } from './lib/failures';
import type { Continuation, RecordJob } from './lib/run/record-job';
import { runIdOf, runRecords } from './lib/run/record-run';
import { holdOfTarget } from './lib/hold/target';

export type IngestContinuation = Continuation<IngestSettings>;

/** Temporal's own: the time that a schedule was due, which a backfill sets to the past. */
const scheduledStart = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');

export async function ingestUrls(input?: IngestInput, continued?: IngestContinuation): Promise<IngestResult> {
  const checked = normalizeIngestInput(input);
  if ('problem' in checked) throw failure('InvalidInput', checked.problem);
  try {
    return await runRecords(checked.input, ingestJob(checked.input), continued);
  } catch (error) {
    if (!(error instanceof ContinueAsNew)) {
      const { code, message } = firstCause(error);
      const fields: IngestLogFields['ingest_fatal'] = { run: runIdOf(checked.input, continued), code, error: message };
      log.error('ingest_fatal', { ...fields });
    }
    throw error;
  }
}

function ingestJob(input: IngestInput): RecordJob<IngestSettings, IngestResult, IngestFiles> {
  const { bucket = '', date, files, onError, failOnError } = input;
  const set = ingestOverrides(input);
  const started = workflowInfo().startTime;
  return {
    name: 'ingestUrls',
    project: bucket,

    prepare: (run) => {
      const ref = { job: 'ingestUrls', project: bucket, ...(Object.keys(set).length === 0 ? {} : { set }) } as const;
      const scheduled = workflowInfo().typedSearchAttributes.get(scheduledStart);
      return api('prepare', 'Check settings and bucket', {}).prepareIngest({
        ref,
        run,
        date: ingestDay(date, scheduled, started),
        input: {
          ...(onError === undefined ? {} : { onError }),
          ...(failOnError === undefined ? {} : { failOnError }),
        },
      });
    },

    hold: async (settings) => [await holdOfTarget(settings)],

    obtain: () => Promise.resolve(null),

    writeManifest: (settings) =>
      api('control', 'Read parameters.json and plan the files', settings).planIngest({
        settings,
        ...(files === undefined ? {} : { files }),
        ingestionTime: started.toISOString(),
      }),

    finish: (settings, ending) => api('control', 'Write the report', settings).finishIngest({ settings, ...ending }),

    result: (settings, { totals, startedAt, finishedAt }, filed) =>
      ingestResult({
        ...filed,
        totals,
        elapsedMs: Date.parse(finishedAt) - Date.parse(startedAt),
        runId: settings.run,
      }),
  };
}
