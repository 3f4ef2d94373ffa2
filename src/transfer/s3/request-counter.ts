/** How many requests were really sent to S3, by operation: every attempt counts, whoever made it. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { S3Client } from '@aws-sdk/client-s3';
import type { RequestCounts } from '../../model/records';

/** Counts of one piece of work; may be read while it runs, and after it has failed. */
export class RequestCounter {
  private readonly byOperation = new Map<string, number>();

  constructor(private readonly outer?: RequestCounter) {}

  /** So far; a copy. */
  get counts(): RequestCounts {
    return Object.fromEntries(this.byOperation);
  }

  add(operation: string): void {
    this.byOperation.set(operation, (this.byOperation.get(operation) ?? 0) + 1);
    this.outer?.add(operation);
  }
}

const current = new AsyncLocalStorage<RequestCounter>();

export interface Counted<T> {
  readonly result: T;
  readonly requests: RequestCounts;
}

/**
 * Runs `work` and counts the requests that it makes through clients of `createS3Client`, in whatever it awaits or starts.
 * The counter that `work` is given can be read while it runs; keep it where the counts matter after an error too. Work
 * within counted work counts in both. Throws what `work` throws.
 */
export async function countRequests<T>(work: (counter: RequestCounter) => Promise<T>): Promise<Counted<T>> {
  const counter = new RequestCounter(current.getStore());
  const result = await current.run(counter, () => work(counter));
  return { result, requests: counter.counts };
}

/** For clients that are not of the AWS SDK: counts one request, of whatever work it is made in. */
export const countRequest = (operation: string): void => current.getStore()?.add(operation);

/** Where S3's names are not the ones that operators know. */
const RENAMED: Readonly<Record<string, string>> = {
  CreateMultipartUpload: 'create_multipart',
  CompleteMultipartUpload: 'complete_multipart',
  AbortMultipartUpload: 'abort_multipart',
  ListObjectsV2: 'list_objects',
};

/** `UploadPartCopyCommand` is 'upload_part_copy'. */
export function operationName(command: string): string {
  const name = command.replace(/Command$/, '');
  return RENAMED[name] ?? name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toLowerCase();
}

const names = new Map<string, string>();

/** Commands are a few and requests are many: each name is made once. */
function nameOf(command: string): string {
  const known = names.get(command);
  if (known !== undefined) return known;
  const name = operationName(command);
  names.set(command, name);
  return name;
}

/** Makes a client's requests count. The last step before the wire: the SDK's own attempts and redirects pass it each time. */
export function countRequestsOf(client: S3Client): void {
  client.middlewareStack.add(
    (next, context) => (args) => {
      current.getStore()?.add(nameOf(context.commandName ?? 'other'));
      return next(args);
    },
    { step: 'deserialize', priority: 'low', name: 'countRequests', override: true },
  );
}
