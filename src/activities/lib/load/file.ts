/** What the activities of a load do with one file: stage it as chunks, and copy these. */
import {
  copyChunk,
  PARTS_PER_FILE,
  stageFile,
  type CopiedChunk,
  type LoadControl,
  type SourceFile,
  type StagedChunk,
  type StagedFile,
} from '../../../load';
import type { LoadOfRecord } from '../../../model/job-settings';
import type { ByteLimit } from '../../../transfer';
import type { TransferControl } from '../../../transfer/types';
import type { OfSource } from '../../load-types';
import type { ControlStore } from '../control/control-store';
import type { LoadPlan, StagedList } from './plan';
import type { LoadTools } from './tools';
import { filesOf } from './source-files';

export interface Work {
  readonly tools: LoadTools;
  readonly plan: LoadPlan;
  readonly load: LoadOfRecord;
  readonly store: ControlStore;
  readonly files: ControlStore['files'];
  /** Of what is read from the files that are loaded. */
  readonly limiter: ByteLimit;
}

export const statementTimeout = ({ dataSet }: Pick<LoadTools, 'dataSet'>): { readonly statementTimeoutMs?: number } =>
  dataSet.statementTimeoutMs === null ? {} : { statementTimeoutMs: dataSet.statementTimeoutMs };

/** Sums what several calls of the engine tell, as one checkpoint: how far the activity is. */
export class Counter {
  private bytes = 0;
  private parts = 0;

  constructor(private readonly transfer: TransferControl) {}

  /** For one call, which counts from 0. */
  control(signal: AbortSignal): LoadControl {
    let before = 0;
    return {
      signal,
      onProgress: ({ bytes }) => {
        // A call that begins again has not moved less.
        this.bytes += Math.max(0, bytes - before);
        before = bytes;
        this.tell();
      },
    };
  }

  /** A chunk is there, or is copied. */
  part(): void {
    this.parts += 1;
    this.tell();
  }

  private tell(): void {
    this.transfer.onProgress({ v: 1, bytes: this.bytes, parts: this.parts, sentBytes: this.bytes });
  }
}

/** Exactly once, whoever else does so. */
export async function copyOne(
  { tools, plan, load, files }: Work,
  chunk: StagedChunk,
  counter: Counter,
  signal: AbortSignal,
): Promise<CopiedChunk> {
  const copied = await copyChunk(
    tools.database(),
    {
      runId: load.loadId,
      chunk,
      load: plan.load,
      staging: tools.destination,
      rejects: { limit: load.rejectLimit, destination: tools.destination, prefix: `${files.root}rejects/` },
      stallTimeoutMs: tools.dataSet.stallTimeoutMs,
      ...statementTimeout(tools),
      ...(tools.dataSet.via === 'aws_s3'
        ? { via: { kind: 'aws_s3', region: tools.environment.store.region } as const }
        : {}),
    },
    counter.control(signal),
  );
  counter.part();
  return copied;
}

export interface Staging {
  readonly counter: Counter;
  readonly onChunk: (chunk: StagedChunk) => void;
  readonly signal: AbortSignal;
}

/** One file; of a sample as many as it takes. */
export async function stageAll(work: Work, args: OfSource, staging: Staging): Promise<StagedList> {
  const { tools, plan, load } = work;
  const chunks: StagedChunk[] = [];
  let columns: readonly string[] | undefined;
  let [rows, bytes] = [0, 0];
  for (const file of await filesOf(tools, args.record, staging.signal)) {
    const left = load.maxRows === null ? undefined : load.maxRows - rows;
    if (left === 0) break;
    const staged = await stageOne(work, file, left, staging);
    chunks.push(...staged.chunks);
    columns ??= staged.columns;
    rows += staged.rows;
    bytes += staged.bytes;
  }
  return { head: { loadId: load.loadId, rows, bytes, columns: columns ?? plan.mapping.columns }, chunks };
}

function stageOne(
  { tools, plan, load, limiter }: Work,
  file: SourceFile,
  maxRows: number | undefined,
  { counter, onChunk, signal }: Staging,
): Promise<StagedFile> {
  const { client, format, destination, dataSet } = tools;
  return stageFile(
    {
      client,
      file,
      format,
      mapping: plan.mapping,
      target: plan.target,
      staging: destination,
      prefix: load.stagingPrefix,
      firstPart: file.index * PARTS_PER_FILE,
      chunkSizeBytes: plan.chunkSizeBytes,
      stallTimeoutMs: dataSet.stallTimeoutMs,
      limiter,
      ...(maxRows === undefined ? {} : { maxRows }),
      ...(plan.fileColumns === null ? {} : { expectedColumns: plan.fileColumns }),
      onChunk: (chunk) => {
        counter.part();
        onChunk(chunk);
      },
    },
    counter.control(signal),
  );
}
