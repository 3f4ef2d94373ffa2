/**
 * What must be true before the first byte moves. The steps are a list, in the order that operators know: whatever is wrong
 * at once, the first of them is what is reported, by a code of its own.
 */
import { open, stat, unlink } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import * as path from 'node:path';
import type { RestoreConfig } from '../config/restore-types';
import { LonghaulError, type ErrorCode } from '../model/errors';
import { isSafeSegment } from '../model/restore-run';
import { freeBytes, neededBytes } from './disk-space';
import { selectFiles } from './select-files';
import type { Catalogue, CatalogueFile, CatalogueRecord } from './types';
import { keyOf, parseUploadPath } from './upload-path';

export interface RestoreRequest {
  readonly config: RestoreConfig;
  readonly rawFileId: string;
  /** Globs; null or undefined: every file. */
  readonly include?: readonly string[] | null | undefined;
  readonly catalogue: Pick<Catalogue, 'find'>;
  readonly signal: AbortSignal;
}

export interface RestoreFileSpec extends CatalogueFile {
  readonly key: string;
}

export interface ValidRestore {
  readonly rawFileId: string;
  readonly projectId: string;
  readonly bucket: string;
  readonly prefix: string;
  /** `<locations.output>/<project_id>`; may not exist yet. */
  readonly destination: string;
  /** Those selected, sorted by path. The paths are not checked yet: a bad one fails its file alone. */
  readonly files: readonly RestoreFileSpec[];
  /** Bytes still to be written, at least, and room on the disk for them. */
  readonly neededBytes: number;
  readonly freeBytes: number;
}

interface Draft extends RestoreRequest {
  record: CatalogueRecord | null;
  selected: readonly CatalogueFile[];
  neededBytes: number;
  freeBytes: number;
}

interface Step {
  readonly code: ErrorCode;
  /** A sentence where the step fails, null where it is passed. May fill in the draft, and throw errors of its own. */
  readonly fault: (draft: Draft) => Promise<string | null> | string | null;
}

const MIB = 1024 ** 2;
const NOT_WRITABLE = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR']);

const named = ({ rawFileId }: Draft): string => `The catalogue's record ${JSON.stringify(rawFileId)}`;
const destinationOf = ({ config, record }: Draft): string => path.join(config.outputDir, record?.projectId ?? '');
const errnoOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown error';

/** Writes and removes an empty file: permission bits say nothing of read-only mounts, quotas and NFS. */
const writeFault = async (folder: string): Promise<string | null> => {
  const probe = path.join(folder, `.longhaul-write-probe-${randomBytes(6).toString('hex')}`);
  try {
    await (await open(probe, 'wx')).close();
    await unlink(probe);
    return null;
  } catch (error) {
    return errnoOf(error);
  }
};

const isFolder = async (folder: string): Promise<boolean> =>
  stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );

const mib = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;

export const VALIDATION_STEPS: readonly Step[] = [
  {
    // Before the catalogue is asked: a worker that must not restore has no business there.
    code: 'RestoreDisabled',
    fault: ({ config }) =>
      config.s3.enabled ? null : `Restoring is switched off: s3.enabled is false in ${config.path}.`,
  },
  {
    code: 'CatalogueRecordNotFound',
    fault: async (draft) => {
      draft.record = await draft.catalogue.find(draft.rawFileId, draft.signal);
      return draft.record === null ? `The catalogue has no record ${JSON.stringify(draft.rawFileId)}.` : null;
    },
  },
  {
    code: 'UploadPathMissing',
    fault: (draft) => (draft.record?.s3UploadPath == null ? `${named(draft)} has no s3_upload_path.` : null),
  },
  {
    code: 'UploadPathInvalid',
    fault: ({ record }) => {
      parseUploadPath(record?.s3UploadPath ?? '');
      return null;
    },
  },
  {
    code: 'ProjectIdMissing',
    fault: (draft) => (draft.record?.projectId == null ? `${named(draft)} has no project_id.` : null),
  },
  {
    code: 'ProjectIdInvalid',
    fault: (draft) => {
      const id = draft.record?.projectId ?? '';
      if (isSafeSegment(id)) return null;
      return `${named(draft)} has the project_id ${JSON.stringify(id.slice(0, 80))}, which cannot name a folder.`;
    },
  },
  {
    code: 'FileInfoEmpty',
    fault: (draft) => (draft.record?.files.length === 0 ? `${named(draft)} lists no files (file_info).` : null),
  },
  {
    code: 'NoFilesSelected',
    fault: (draft) => {
      draft.selected = selectFiles(draft.record?.files ?? [], draft.include);
      return null;
    },
  },
  {
    code: 'OutputMissing',
    fault: async ({ config }) =>
      (await isFolder(config.outputDir)) ? null : `The output folder ${config.outputDir} does not exist.`,
  },
  {
    code: 'OutputNotWritable',
    fault: async (draft) => {
      const project = destinationOf(draft);
      const folder = (await isFolder(project)) ? project : draft.config.outputDir;
      const errno = await writeFault(folder);
      if (errno === null) return null;
      if (NOT_WRITABLE.has(errno)) return `The output folder ${folder} cannot be written to (${errno}).`;
      const isFull = errno === 'ENOSPC' || errno === 'EDQUOT';
      // Not even an empty file: there is nothing to compute.
      throw new LonghaulError(isFull ? 'DiskSpace' : 'DiskFailed', `Writing to ${folder} failed (${errno}).`);
    },
  },
  {
    code: 'DiskSpace',
    fault: async (draft) => {
      draft.neededBytes = await neededBytes(destinationOf(draft), draft.selected);
      draft.freeBytes = await freeBytes(draft.config.outputDir);
      if (draft.neededBytes <= draft.freeBytes) return null;
      const room = `${draft.config.outputDir} has ${mib(draft.freeBytes)} free`;
      return `${room}, but the missing files need ${mib(draft.neededBytes)}.`;
    },
  },
];

/**
 * Goes through VALIDATION_STEPS and throws the first that fails, under its code; also what the catalogue throws. Creates
 * nothing that stays.
 */
export const validateRestore = async (request: RestoreRequest): Promise<ValidRestore> => {
  const draft: Draft = { ...request, record: null, selected: [], neededBytes: 0, freeBytes: 0 };
  for (const { code, fault } of VALIDATION_STEPS) {
    request.signal.throwIfAborted();
    const text = await fault(draft);
    if (text !== null) throw new LonghaulError(code, text);
  }
  const { bucket, prefix } = parseUploadPath(draft.record?.s3UploadPath ?? '');
  return {
    rawFileId: request.rawFileId,
    projectId: draft.record?.projectId ?? '',
    bucket,
    prefix,
    destination: destinationOf(draft),
    files: draft.selected.map((file) => ({ ...file, key: keyOf(prefix, file.path) })),
    neededBytes: draft.neededBytes,
    freeBytes: draft.freeBytes,
  };
};
