/**
 * Real restores: a bucket with backed-up files, a catalogue, an output folder and a worker process, for one test file.
 * A test's raw files are its own; what it needs else of the settings it gives as `set`, or writes with `configure`.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { CompleteMultipartUploadCommand, CreateMultipartUploadCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { WorkflowHandleWithStartDetails } from '@temporalio/client';
import { ensureBucket } from '../../src/dev/s3-client';
import { TASK_QUEUES } from '../../src/model/names';
import type { RestoreInput, RestoreResult } from '../../src/model/restore-run';
import type { LedgerLine } from '../../src/model/records';
import type { restoreFiles } from '../../src/workflows';
import { RunHarness, type HarnessOptions } from './run-harness';
import { freshFolder, uniqueName } from './shared-stack';

export const MIB = 2 ** 20;
/** The smallest part that S3 allows: large files of tests have several. */
const PART_BYTES = 5 * MIB;

export type RestoreHandle = WorkflowHandleWithStartDetails<typeof restoreFiles>;

type Json = Record<string, unknown>;
type FileInfo = Record<string, [number, string]>;

/** All workers are one host: they share its disk. */
export const HOST_ENV = { LONGHAUL_HOST: 'host-1' };

export class RestoreWorld {
  readonly #folder = freshFolder('restore');
  readonly #records: Json = {};
  readonly output = path.join(realpathSync(this.#folder.path), 'output');

  private constructor(
    readonly harness: RunHarness,
    readonly bucket: string,
  ) {
    mkdirSync(this.output);
  }

  static async start(options: HarnessOptions & { readonly config?: Json } = {}): Promise<RestoreWorld> {
    const { config, ...rest } = options;
    const host = { ...HOST_ENV, ...rest.env };
    const harness = await RunHarness.start({ ...rest, env: host, worker: false });
    const world = await RestoreWorld.on(harness, config);
    if (rest.worker ?? true) await harness.startWorker({ env: host });
    return world;
  }

  /** On a harness whose workers are the caller's: with HOST_ENV in their environment. */
  static async on(harness: RunHarness, config?: Json): Promise<RestoreWorld> {
    const bucket = uniqueName('backup');
    await ensureBucket(harness.s3, bucket);
    const world = new RestoreWorld(harness, bucket);
    world.configure(config);
    return world;
  }

  get catalogueFile(): string {
    return path.join(this.harness.configDir, 'catalogue.json');
  }

  /** Writes restore.json: quick retries, small parts, and these keys, one level deep. */
  configure(config: Json = {}): void {
    const { s3 } = this.harness.servers;
    const all: Record<string, unknown> = {
      locations: { output: this.output },
      s3: {
        region: s3.region,
        endpoint: s3.endpoint,
        access_key_id: s3.accessKeyId,
        secret_access_key: s3.secretAccessKey,
      },
      catalogue: { type: 'json', path: 'catalogue.json' },
      part_size_mb: 5,
      lanes: 2,
      retries: 0,
    };
    for (const [key, value] of Object.entries(config)) {
      const isSection = typeof value === 'object' && value !== null && !Array.isArray(value);
      all[key] = isSection ? { ...(all[key] as Json | undefined), ...value } : value;
    }
    mkdirSync(this.harness.configDir, { recursive: true });
    writeFileSync(path.join(this.harness.configDir, 'restore.json'), JSON.stringify(all));
    this.writeCatalogue();
  }

  /** Uploads files below `<id>/` of the bucket and records them; answers the raw file's id. */
  async backup(files: Readonly<Record<string, Buffer>>, record: Json = {}, id = uniqueName('raw')): Promise<string> {
    const info: FileInfo = {};
    for (const [name, body] of Object.entries(files)) info[name] = await this.put(`${id}/${name}`, body);
    this.record(id, { file_info: info, ...record });
    return id;
  }

  record(id: string, record: Json): void {
    this.#records[id] = { _id: id, project_id: 'PRID001', s3_upload_path: `${this.bucket}/${id}/`, ...record };
    this.writeCatalogue();
  }

  infoOf(id: string): FileInfo {
    return (this.#records[id] as { file_info: FileInfo }).file_info;
  }

  private writeCatalogue(): void {
    writeFileSync(this.catalogueFile, JSON.stringify(this.#records, null, 2));
  }

  async put(key: string, body: Buffer): Promise<[number, string]> {
    const place = { Bucket: this.bucket, Key: key };
    const { s3 } = this.harness;
    if (body.length <= PART_BYTES) {
      const { ETag = '' } = await s3.send(new PutObjectCommand({ ...place, Body: body }));
      return [body.length, ETag.replaceAll('"', '')];
    }
    const { UploadId = '' } = await s3.send(new CreateMultipartUploadCommand(place));
    const parts: { PartNumber: number; ETag: string | undefined }[] = [];
    for (let at = 0; at < body.length; at += PART_BYTES) {
      const PartNumber = parts.length + 1;
      const part = { ...place, UploadId, PartNumber, Body: body.subarray(at, at + PART_BYTES) };
      parts.push({ PartNumber, ETag: (await s3.send(new UploadPartCommand(part))).ETag });
    }
    const done = { ...place, UploadId, MultipartUpload: { Parts: parts } };
    const { ETag = '' } = await s3.send(new CompleteMultipartUploadCommand(done));
    return [body.length, ETag.replaceAll('"', '')];
  }

  /** As `temporal workflow start` does. */
  start(input: RestoreInput | object, workflowId = uniqueName('restore')): Promise<RestoreHandle> {
    return this.harness.client.workflow.start<typeof restoreFiles>('restoreFiles', {
      taskQueue: TASK_QUEUES.workflows,
      workflowId,
      args: [input as RestoreInput],
    });
  }

  async run(id: string, input: Json = {}): Promise<RestoreResult> {
    return (await this.start({ raw_file_id: id, ...input })).result();
  }

  /** Where a file lands. */
  path(...names: string[]): string {
    return path.join(this.output, 'PRID001', ...names);
  }

  /** Names below the project's folder that are not status reports: files, and whatever was left behind. */
  names(folder = this.path()): string[] {
    const all = readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true });
    return all
      .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('_download_status_'))
      .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
      .sort();
  }

  /** Texts of the status reports of a raw file, oldest first. */
  reports(id: string): string[] {
    const names = readdirSync(this.path()).filter((name) => name.startsWith(`_download_status_${id}_`));
    return names.sort().map((name) => readFileSync(this.path(name), 'utf8'));
  }

  ledger(runId: string): LedgerLine[] {
    const text = readFileSync(path.join(this.output, '.longhaul', runId, 'ledger.ndjson'), 'utf8');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as LedgerLine);
  }

  async stop(): Promise<void> {
    await this.harness.stop();
    this.removeFolder();
  }

  removeFolder(): void {
    this.#folder.remove();
  }
}

export const md5 = (data: Buffer): string => createHash('md5').update(data).digest('hex');
export const md5Of = (file: string): string => md5(readFileSync(file));
