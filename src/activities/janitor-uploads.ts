/** The janitor and multipart uploads: a page of those that are open, judged by the files of runs, aborted where asked. */
import { eachOf } from '../model/each-of';
import { abortUpload, type S3Destination } from '../transfer';
import type { Dependencies } from './dependencies';
import type { JanitorActivities } from './janitor-types';
import { Claims, type OpenUpload } from './lib/janitor/orphans';
import { resumable } from './lib/attempt/resumable';
import { needing } from './lib/janitor/run-folders';
import { Sweep } from './lib/janitor/sweep';
import { storeOf } from './lib/janitor/store';

/** As many as one page of S3's own listing. */
const PAGE_UPLOADS = 1_000;
const ABORTS_AT_ONCE = 8;

interface UploadPage {
  readonly uploads: readonly OpenUpload[];
  readonly next: string | null;
}

/** The uploads behind the key `after`, of whole keys: the last of them is where the next page begins, be they aborted by then. */
async function pageOfUploads(
  destination: S3Destination,
  prefix: string,
  after: string | null,
  signal: AbortSignal,
): Promise<UploadPage> {
  const uploads: OpenUpload[] = [];
  for await (const upload of destination.listUploads(prefix, signal, after ?? undefined)) {
    const last = uploads.at(-1)?.key;
    if (uploads.length >= PAGE_UPLOADS && last !== undefined && last !== upload.key) return { uploads, next: last };
    uploads.push(upload);
  }
  return { uploads, next: null };
}

export function createJanitorUploadActivities(dependencies: Dependencies): Pick<JanitorActivities, 'sweepUploads'> {
  return {
    sweepUploads: ({ order, step, after }) =>
      resumable({}, async (control) => {
        const { signal } = control;
        const { ref, prefix, controlPrefix } = step;
        const destination = storeOf(dependencies, ref);
        const sweep = new Sweep(order, dependencies.logger, control, 'upload');
        const { before } = sweep;
        const { uploads, next } = await needing('s3:ListBucketMultipartUploads on the bucket', () =>
          pageOfUploads(destination, prefix, after, signal),
        );
        const found = (upload: OpenUpload, run?: string) =>
          ({
            kind: 'upload',
            what: destination.display(upload.key),
            since: upload.initiated.toISOString(),
            ...(run === undefined ? {} : { run }),
          }) as const;
        const old = uploads.filter(({ initiated }) => initiated < before);
        for (const upload of uploads) if (upload.initiated >= before) sweep.keep(found(upload), 'young');
        const { temporal } = dependencies;
        const claims = new Claims({ temporal, destination, controlPrefix, before, signal });
        if (old.length > 0) await claims.gather(old);
        await eachOf(old, ABORTS_AT_ONCE, async (upload) => {
          const verdict = await claims.judge(upload);
          if ('keep' in verdict) {
            sweep.keep(found(upload, verdict.run), verdict.keep);
            return;
          }
          const { key, uploadId } = upload;
          await sweep.remove(found(upload, verdict.orphanOf.run), () =>
            needing('s3:AbortMultipartUpload and s3:ListMultipartUploadParts on the objects', async () => {
              const keeps = await claims.keeps(verdict.orphanOf);
              if (keeps !== null) return keeps;
              return (await abortUpload({ destination, key, uploadId, signal })) ? 0 : null;
            }),
          );
        });
        sweep.looked(uploads.length, 0);
        return sweep.result(next);
      }),
  };
}
