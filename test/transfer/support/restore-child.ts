/** A process that restores one file and dies, or waits to be killed, where it is told to. Its job comes as JSON in argv. */
import { createS3Client, createS3Source, createHashPool, MemoryBudget, restoreFile } from '../../../src/transfer';
import { Secret } from '../../../src/model/secret';

export interface ChildJob {
  readonly endpoint: string;
  readonly bucket: string;
  readonly key: string;
  readonly root: string;
  readonly expected: { readonly bytes: number; readonly etag: string };
  readonly partSizeBytes: number;
  readonly lanes: number;
  readonly transferId: string;
  readonly stopAt: 'parts' | 'verifying' | 'replacing' | 'journal';
}

/** Tells the parent, and blocks: nothing more happens in this process until it is killed. */
function stop(at: string): never {
  process.send?.({ stoppedAt: at });
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
}

async function main(job: ChildJob): Promise<void> {
  const credentials = { kind: 'keys', accessKeyId: 'test', secretAccessKey: new Secret('test-secret') } as const;
  const { endpoint, bucket, key, stopAt } = job;
  const client = createS3Client({ region: 'us-east-1', endpoint, forcePathStyle: true, credentials });
  if (stopAt === 'journal') {
    // Just after the rename: the next file operation of a publication is to open the folder, to sync it.
    const fs = await import('node:fs/promises');
    const rename = fs.default.rename;
    fs.default.rename = async (...args) => {
      await rename(...args);
      stop('journal');
    };
    (await import('node:module')).syncBuiltinESMExports();
  }
  await restoreFile(
    {
      ...job,
      source: createS3Source({ client, bucket, key }),
      relativePath: key,
      chunkBytes: 500 * 1024 * 1024,
      pool: createHashPool({ threads: 2 }),
      memory: new MemoryBudget(64 * 1024 * 1024),
      stallTimeoutMs: 5_000,
      onStep: (step) => {
        if (step === stopAt) stop(step);
      },
    },
    {
      signal: new AbortController().signal,
      onProgress: ({ parts }) => {
        if (stopAt === 'parts' && parts === 3) stop('parts');
      },
    },
  );
}

void main(JSON.parse(process.argv[2]!) as ChildJob);
