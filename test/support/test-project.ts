/** One project of a RunHarness: starts its runs, and looks at what they have done to its bucket. */
import * as path from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import type { Client } from '@temporalio/client';
import { expectedContent, type ExportApi, type SampleFile } from '../../src/dev/export-api';
import type { ConfigOverrides } from '../../src/dev/sample-config';
import type { StackDescription } from '../../src/dev/types';
import type { ExportInput, ExportResult, ExportType } from '../../src/model/export-run';
import { TASK_QUEUES } from '../../src/model/names';
import type { LedgerLine } from '../../src/model/records';
import type { exportToS3 } from '../../src/workflows';
import {
  digestOf,
  listObjects,
  objectDigest,
  plantObject,
  plantUpload,
  snapshotOf,
  textOf,
  type BucketSnapshot,
} from './bucket-view';
import type { RunHandle } from './run-outcome';
import { uniqueName } from './shared-stack';

/** What a project needs of the harness that it belongs to. */
export interface ProjectHost {
  readonly namespace: string;
  readonly client: Client;
  readonly s3: S3Client;
  readonly servers: Pick<StackDescription, 'dataDir'>;
  /** All that workers have logged. */
  logs(): string;
}

export class TestProject {
  constructor(
    readonly harness: ProjectHost,
    readonly name: string,
    readonly bucket: string,
    readonly api: ExportApi,
    readonly config: ConfigOverrides,
  ) {}

  get targetPrefix(): string {
    return this.setting('target_prefix', '');
  }

  get controlPrefix(): string {
    return this.setting('control_prefix', `${this.targetPrefix}/_longhaul`);
  }

  private setting(name: string, fallback: string): string {
    const value = this.config['aws']?.[name];
    return typeof value === 'string' ? value : fallback;
  }

  /** Starts a run as `temporal workflow start` does. */
  start(input: Omit<ExportInput, 'project'> = {}, workflowId = uniqueName('run')): Promise<RunHandle> {
    return this.harness.client.workflow.start<typeof exportToS3>('exportToS3', {
      taskQueue: TASK_QUEUES.workflows,
      workflowId,
      args: [{ project: this.name, ...input }],
    });
  }

  /** A run to its success. */
  async run(input: Omit<ExportInput, 'project'> = {}): Promise<ExportResult> {
    return (await this.start(input)).result();
  }

  /** Where the documented default template puts a file. */
  keyOf(file: SampleFile): string {
    return `${this.targetPrefix}/${file.dataset}/${path.posix.basename(file.path)}`;
  }

  /**
   * Somebody else's things: an object and an open upload beside the records, and an open upload (begun an hour ago) under
   * each of these keys. `objects` are keys that hold something already, such as yesterday's export.
   */
  async plantForeign(uploadKeys: readonly string[] = [], objects: readonly string[] = []): Promise<void> {
    const { s3, servers } = this.harness;
    const dataDir = path.join(servers.dataDir, 's3', 'data');
    const beside = `${this.targetPrefix}/asset/foreign.csv`;
    for (const key of [beside, 'elsewhere.csv', ...objects]) await plantObject(s3, this.bucket, key);
    for (const key of [`${beside}.begun`, ...uploadKeys]) await plantUpload(s3, this.bucket, key, dataDir);
  }

  /** Objects with ETags outside the control prefix, and all open uploads. */
  snapshot(): Promise<BucketSnapshot> {
    return snapshotOf(this.harness.s3, this.bucket, this.controlPrefix);
  }

  /** Nothing is left of the run and nothing of others' is gone, and no file of the run names uploads any more. */
  async expectUnchanged(before: BucketSnapshot): Promise<void> {
    expect(await this.snapshot()).toEqual(before);
    const control = Object.keys(await this.controlFiles());
    expect(control.filter((key) => key.includes('/staged/'))).toEqual([]);
  }

  /** The files of all runs of this project, with ETags. */
  controlFiles(): Promise<Record<string, string>> {
    return listObjects(this.harness.s3, this.bucket, `${this.controlPrefix}/`);
  }

  /** Every file of the export is in the bucket under its documented key, byte for byte; `versionOf`: see changeVersion. */
  async expectByteExact(
    files: readonly SampleFile[] = this.api.files('vulnerability'),
    versionOf: (file: SampleFile) => number = () => 1,
  ): Promise<void> {
    for (const file of files) {
      const source = await digestOf(expectedContent(file, versionOf(file)));
      const target = await objectDigest(this.harness.s3, this.bucket, this.keyOf(file));
      expect({ key: this.keyOf(file), ...target }).toEqual({ key: this.keyOf(file), ...source });
    }
  }

  /** The vendor's files of a type that this project exports. */
  files(type: ExportType = 'vulnerability'): readonly SampleFile[] {
    return this.api.files(type);
  }

  digest(key: string): Promise<{ sha256: string; bytes: number }> {
    return objectDigest(this.harness.s3, this.bucket, key);
  }

  text(key: string): Promise<string> {
    return textOf(this.harness.s3, this.bucket, key);
  }

  /** A file of one run: `report.json`, `ledger.ndjson`. */
  runFile(runId: string, name: string): Promise<string> {
    return this.text(`${this.controlPrefix}/${runId}/${name}`);
  }

  async ledger(runId: string): Promise<LedgerLine[]> {
    const text = await this.runFile(runId, 'ledger.ndjson');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as LedgerLine);
  }

  async report(runId: string): Promise<Record<string, unknown>> {
    return JSON.parse(await this.runFile(runId, 'report.json')) as Record<string, unknown>;
  }
}
