/**
 * Google Cloud Storage as a destination (docs/decisions/0012-gcs-destinations.md). Objects it creates: the object under the key,
 * multipart uploads under the key or under its temporary name, and temporary objects (names.ts). Invariants: every body carries
 * its CRC32C; every object carries the transfer id from the beginning; an object that is read back, or that must not replace
 * another, gets its name by one rewrite of a temporary object that has been compared; only the right to create is used for others.
 */
import { LonghaulError } from '../../model/errors';
import { agreement } from '../checksums';
import type { CompleteRequest, Destination, ListedUpload, ObjectAttributes, StoredObject } from '../destination';
import type { GcsCall } from './call';
import type { GcsClient } from './client';
import {
  abortMultipart,
  beginMultipart,
  completeMultipart,
  listMultipart,
  listUploads,
  writeMultipart,
} from './multipart';
import { DEFAULT_TEMPORARY_PREFIX, placeOf, temporaryFolder, temporaryName, transferIdIn, uploadIdOf } from './names';
import { deleteObject, insertObject, rewriteObject, statObject, type GcsBucket } from './objects';
import { GRANULE_BYTES, openSession } from './session';

export interface GcsDestinationOptions {
  readonly client: GcsClient;
  readonly bucket: string;
  /** Where temporary objects lie: ends in `/`, and nothing else is below it. `.longhaul-tmp/` where absent. */
  readonly temporaryPrefix?: string;
  /** Objects up to this go by one session, which a crash begins again; larger ones by parts. 64 MiB where absent, 0: none. */
  readonly sessionMaxBytes?: number;
  /** Parts and uploads a page of listings; the store's own most is 1,000. */
  readonly listPageSize?: number;
}

/** A Destination that also says where it is, for what only Google Cloud Storage can do. */
export interface GcsDestination extends Destination, GcsBucket {
  readonly temporaryPrefix: string;
}

/** What a crash may cost to send again; at 100 MB/s it is less than a second. */
const SESSION_MAX_BYTES = 64 * 1024 * 1024;
/** The store's clock may be behind ours. */
const CLOCK_ALLOWANCE_MS = 5_000;

export function createGcsDestination(options: GcsDestinationOptions): GcsDestination {
  const { client, bucket, listPageSize, temporaryPrefix = DEFAULT_TEMPORARY_PREFIX } = options;
  const { sessionMaxBytes = SESSION_MAX_BYTES } = options;
  const display = (key: string): string => `gs://${bucket}/${key}`;
  const call = (what: string, key: string, rest: Partial<GcsCall> = {}): GcsCall => ({
    what: `${what} ${display(key)}`,
    context: { operation: what, destination: display(key) },
    ...rest,
  });
  const at: GcsBucket = { client, bucket, call };
  const place = (key: string, uploadId: string): ReturnType<typeof placeOf> => placeOf(temporaryPrefix, key, uploadId);
  const temporary = (key: string, transferId: string): string => temporaryName(temporaryPrefix, key, transferId);

  return {
    ...at,
    display,
    temporaryPrefix,
    algorithms: ['crc32c'],
    listsMd5: true,
    ...(sessionMaxBytes === 0
      ? {}
      : {
          session: {
            maxBytes: sessionMaxBytes,
            granuleBytes: GRANULE_BYTES,
            open: (key, attributes, sizeBytes, signal) => openSession(at, key, attributes, sizeBytes, signal),
          },
        }),

    async begin(key, attributes, signal) {
      const isTemporary = needsTemporary(attributes);
      const object = isTemporary ? temporary(key, attributes.transferId) : key;
      const id = await beginMultipart(at, object, attributes, signal);
      return uploadIdOf({ id, isTemporary }, attributes.transferId);
    },

    async listParts(key, uploadId, signal) {
      const { object, id } = place(key, uploadId);
      return listMultipart(at, object, id, listPageSize, signal);
    },

    async writePart(key, uploadId, part, signal) {
      const { object, id } = place(key, uploadId);
      return writeMultipart(at, object, id, part, signal);
    },

    async complete(key, uploadId, request, signal) {
      const { object, id, isTemporary } = place(key, uploadId);
      if (!isTemporary) return completeMultipart(at, object, id, request, signal);
      const staged = await completeTemporary(at, object, id, request, signal);
      try {
        const { ifAbsent } = request;
        return await rewriteObject(at, { from: object, generation: staged.versionId, to: key, ifAbsent }, signal);
      } catch (error) {
        throw isNotFound(error) ? lost(display(key), error) : error;
      }
    },

    async staged(key, uploadId, signal) {
      const { object, isTemporary } = place(key, uploadId);
      return isTemporary ? statObject(at, object, signal) : undefined;
    },

    async abort(key, uploadId, signal) {
      const { object, id, isTemporary } = place(key, uploadId);
      if (await abortMultipart(at, object, id, signal)) return;
      // Completed, but not yet in its place: what is there is ours by its name.
      const isRemoved = isTemporary && (await deleteObject(at, object, undefined, signal));
      if (!isRemoved) throw lost(display(key));
    },

    putWhole: (key, attributes, body, sums, signal) => insertObject(at, key, attributes, body, sums, signal),

    stat: (key, signal) => statObject(at, key, signal),

    async findUploads(key, since, signal) {
      const folder = temporaryFolder(temporaryPrefix, key);
      const found: ListedUpload[] = [];
      try {
        for (const prefix of [folder, key]) {
          for await (const { object, id, initiated } of listUploads(at, prefix, listPageSize, signal)) {
            const transferId = transferIdIn(temporaryPrefix, object);
            if (prefix === key && object !== key) break;
            if (initiated.getTime() < since.getTime() - CLOCK_ALLOWANCE_MS) continue;
            const isTemporary = transferId !== undefined;
            const uploadId = uploadIdOf({ id, isTemporary }, transferId ?? '');
            found.push({ uploadId, initiated, ...(isTemporary ? { transferId } : {}) });
          }
        }
      } catch (error) {
        // Who may only create may not list either. What is left then is for the bucket's lifecycle rule.
        if (!(error instanceof LonghaulError) || error.code !== 'AccessDenied') throw error;
      }
      return found.sort((a, b) => a.initiated.getTime() - b.initiated.getTime());
    },

    async deleteObject(key, versionId, signal) {
      await deleteObject(at, key, versionId, signal);
    },

    async settle(key, transferId, signal) {
      await deleteObject(at, temporary(key, transferId), undefined, signal);
    },
  };
}

/** Uploads know no preconditions, and what is to be compared before it is visible must not be under its key yet. */
const needsTemporary = ({ ifAbsent, readBack }: ObjectAttributes): boolean => ifAbsent === true || readBack !== false;

/** The upload's object under its temporary name, compared; found there where an earlier attempt has completed it. */
async function completeTemporary(
  at: GcsBucket,
  object: string,
  id: string,
  request: CompleteRequest,
  signal: AbortSignal,
): Promise<StoredObject> {
  let loss: LonghaulError | undefined;
  try {
    if (request.parts.length === 0) throw lost(object);
    await completeMultipart(at, object, id, request, signal);
  } catch (error) {
    if (!(error instanceof LonghaulError) || error.code !== 'UploadLost') throw error;
    loss = error;
  }
  const staged = await statObject(at, object, signal);
  if (staged === undefined || staged.transferId !== request.transferId) throw loss ?? lost(object);
  if (staged.bytes === request.bytes && agreement(staged, request) !== false) return staged;
  // Of an earlier version of the source, or damaged: never to be published.
  await deleteObject(at, object, staged.versionId, signal);
  if (loss !== undefined) throw loss;
  throw new LonghaulError('ChecksumMismatch', `The upload of ${object} is not what was sent`, { destination: object });
}

const isNotFound = (error: unknown): boolean => error instanceof LonghaulError && error.code === 'ObjectNotFound';

const lost = (display: string, cause?: unknown): LonghaulError =>
  new LonghaulError(
    'UploadLost',
    `There is no upload of this transfer for ${display}`,
    { destination: display },
    { cause },
  );
