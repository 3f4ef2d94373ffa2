/** From the operating system's words to the table of errors. */
import { LonghaulError, type ErrorCode, type ErrorContext } from '../../model/errors';

/** errno(3). What is not here is a fault of ours. */
const BY_ERRNO: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'DiskFull',
  EDQUOT: 'DiskFull',
  EFBIG: 'DiskFull',
  EACCES: 'DestinationNotWritable',
  EPERM: 'DestinationNotWritable',
  EROFS: 'DestinationNotWritable',
  ENOENT: 'DestinationNotWritable',
  EIO: 'DiskFailed',
  ESTALE: 'DiskFailed',
  ENXIO: 'DiskFailed',
  EAGAIN: 'DiskFailed',
  EMFILE: 'TooManyOpenFiles',
  ENFILE: 'TooManyOpenFiles',
  ENOTDIR: 'PathConflict',
  EEXIST: 'PathConflict',
  EISDIR: 'PathIsDirectory',
  ELOOP: 'PathRefused',
  ENAMETOOLONG: 'PathRefused',
};

/** The errno name of what a Node file call threw; by its shape, since such an error may come out of another realm. */
export function errnoOf(error: unknown): string | undefined {
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

const textOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);

/** `what` begins the message: "Writing /data/a.raw". One that is a LonghaulError already is returned as it is. */
export function mapLocalError(error: unknown, what: string, context: ErrorContext = {}): LonghaulError {
  if (error instanceof LonghaulError) return error;
  const errno = errnoOf(error);
  const code = errno !== undefined && Object.hasOwn(BY_ERRNO, errno) ? BY_ERRNO[errno] : undefined;
  return new LonghaulError(code ?? 'Internal', `${what} failed: ${textOf(error)}`, context, { cause: error });
}

/** Runs one file operation with its errors mapped; after an abort nothing is begun. */
export async function onDisk<T>(what: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  signal?.throwIfAborted();
  try {
    return await work();
  } catch (error) {
    throw mapLocalError(error, what);
  }
}

/** Undefined where nothing is there. */
export async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
