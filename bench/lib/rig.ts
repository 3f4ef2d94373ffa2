/** The embedded stack of a measurement: real servers, a project of its own, workers in processes of their own. */
import { rmSync } from 'node:fs';
import * as path from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import type { SampleFile } from '../../src/dev/export-api';
import { ensureBucket, s3ClientFor } from '../../src/dev/s3-client';
import { sampleConfig, writeProjectConfig, type ConfigOverrides } from '../../src/dev/sample-config';
import { startStack, type Stack, type StackOptions } from '../../src/dev/stack';
import type { ExportInput, ExportResult } from '../../src/model/export-run';
import { TASK_QUEUES, WORKFLOWS } from '../../src/model/names';

export const BUCKET = 'bench-target';
const PROJECT = 'bench';

export interface Rig {
  /** The folder of `configure`'s config.json. */
  readonly project: string;
  readonly stack: Stack;
  readonly client: Client;
  readonly s3: S3Client;
  /** Writes the project's config: the stack's addresses, defaults for all else, and these. */
  configure(overrides?: ConfigOverrides): void;
  /** Starts `exportToS3` over exactly these files. */
  start(workflowId: string, files: readonly SampleFile[], input?: Partial<ExportInput>): Promise<Run>;
  /** Frees the disk between measurements: what lies in the target bucket, and what is kept of open uploads. */
  emptyBucket(): void;
}

export type Run = Pick<WorkflowHandle, 'workflowId' | 'fetchHistory' | 'describe'> & {
  result(): Promise<ExportResult>;
};

/** Runs `use` on a fresh stack and takes everything away again, whatever happens. */
export async function withRig<T>(
  say: (line: string) => void,
  use: (rig: Rig) => Promise<T>,
  options: Pick<StackOptions, 'bridge' | 'temporalDynamicConfig'> = {},
): Promise<T> {
  const stack = await startStack({
    ...options,
    sampleData: false,
    // As AWS does; a new connection for each request would be measured instead of ours.
    s3KeepAlive: true,
    onProgress: say,
    exportApi: { statusDurationsMs: { pendingMs: 0, runningMs: 0 } },
  });
  // Ctrl-C: the stack's own guard ends the servers with us; nothing to add here.
  try {
    const s3 = s3ClientFor(stack.s3, stack.s3);
    const connection = await Connection.connect({ address: stack.temporal.address });
    try {
      await ensureBucket(s3, BUCKET);
      return await use(rigOf(stack, s3, new Client({ connection, namespace: stack.temporal.namespace })));
    } finally {
      s3.destroy();
      await connection.close();
    }
  } finally {
    await stack.stop();
  }
}

function rigOf(stack: Stack, s3: S3Client, client: Client): Rig {
  const configure = (overrides: ConfigOverrides = {}): void =>
    writeProjectConfig(stack.configDir, PROJECT, sampleConfig(stack, BUCKET, overrides));
  configure();
  return {
    project: PROJECT,
    stack,
    client,
    s3,
    configure,
    async start(workflowId, files, input = {}) {
      stack.exportApi.setFiles('vulnerability', files);
      const handle = await client.workflow.start(WORKFLOWS.exportToS3, {
        taskQueue: TASK_QUEUES.workflows,
        workflowId,
        args: [{ project: PROJECT, ...input }],
      });
      return {
        workflowId,
        fetchHistory: () => handle.fetchHistory(),
        describe: () => handle.describe(),
        result: () => handle.result() as Promise<ExportResult>,
      };
    },
    emptyBucket: () => {
      // Through the file system: 10,000 objects by API would take longer than some measurements.
      const folder = path.join(stack.s3.dataDir, BUCKET);
      for (const name of ['sample', '.sgwtmp']) rmSync(path.join(folder, name), { recursive: true, force: true });
    },
  };
}
