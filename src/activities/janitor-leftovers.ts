/** The janitor's other leftovers: staging folders of loads, and temporaries of events in Google Cloud Storage. */
import type { Client } from '@temporalio/client';
import { removeStaging } from '../load';
import { DAY_MS, type KeptReason } from '../model/janitor';
import { listTemporaries, removeTemporary, type GcsDestination, type Temporary } from '../transfer';
import type { Dependencies } from './dependencies';
import type { JanitorActivities } from './janitor-types';
import { stagingFolders } from './lib/load/abandoned-staging';
import { resumable } from './lib/attempt/resumable';
import { needing } from './lib/janitor/run-folders';
import { stateOfRun } from './lib/control/run-owner';
import { Sweep } from './lib/janitor/sweep';

/** No transfer of an event may take longer (STREAM_TIMEOUT of src/workflows/lib/activity-options.ts). */
const LONGEST_TRANSFER_MS = 7 * DAY_MS;

type Activities = Pick<JanitorActivities, 'sweepStaging' | 'sweepTemporaries'>;

export function createJanitorLeftoverActivities(dependencies: Dependencies): Activities {
  return {
    sweepStaging: ({ order, step: { ref } }) =>
      resumable({}, async (control) => {
        const { signal } = control;
        const tools = dependencies.load(ref);
        const { destination } = tools;
        const sweep = new Sweep(order, dependencies.logger, control, 'staging');
        await needing('s3:ListBucket, s3:GetObject and s3:DeleteObject below tmp/postgres-copy/', async () => {
          for await (const folder of stagingFolders(dependencies, tools, order.olderThanDays * DAY_MS, signal)) {
            const { prefix, name, startedAtMs, owner, isOpen } = folder;
            const since = new Date(startedAtMs).toISOString();
            const found = { kind: 'staging', what: destination.display(prefix), since, run: name } as const;
            if (isOpen) sweep.keep(found, 'runOpen');
            else
              await sweep.remove(found, async () => {
                const { kind } = await stateOfRun(dependencies.temporal, owner);
                return kind === 'open' ? 'runOpen' : removeStaging({ staging: destination, prefix }, { signal });
              });
          }
        });
        return sweep.result(null);
      }),

    sweepTemporaries: ({ order, step: { bucket } }) =>
      resumable({}, async (control) => {
        const { signal } = control;
        const address = { provider: 'gcp_gcs', bucket, key: '', region: '' } as const;
        const destination = dependencies.eventStores.destination(address) as GcsDestination;
        const sweep = new Sweep(order, dependencies.logger, control, 'temporary');
        const found = await needing('storage.objects.list and storage.multipartUploads.list', () =>
          listTemporaries({ destination, olderThanMs: order.olderThanDays * DAY_MS, signal }),
        );
        for (const temporary of found) {
          const { name, since, transferId } = temporary;
          const what = { kind: 'temporary', what: destination.display(name), since: since.toISOString() } as const;
          const keep = await keptFor(dependencies.temporal, temporary);
          if (keep !== null) sweep.keep({ ...what, run: transferId }, keep);
          else
            await sweep.remove({ ...what, run: transferId }, () =>
              needing('storage.objects.delete and storage.multipartUploads.abort', async () =>
                (await removeTemporary(destination, temporary, signal)) ? 1 : null,
              ),
            );
        }
        return sweep.result(null);
      }),
  };
}

/** The transfer id of an event is its workflow's run id in Temporal: so it can be asked for. */
async function keptFor(temporal: Client, { transferId, since }: Temporary): Promise<KeptReason | null> {
  const isKnownShape = /^[0-9a-f]{32}$/.test(transferId);
  if (isKnownShape) {
    const runId = transferId.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    for await (const { status } of temporal.workflow.list({ query: `RunId = "${runId}"` }))
      return status.name === 'RUNNING' || status.name === 'PAUSED' ? 'runOpen' : null;
  }
  // Of a shape that we do not give, of another cluster, or long forgotten: its age must say it.
  return Date.now() - since.getTime() > LONGEST_TRANSFER_MS ? null : 'runUnknown';
}
