/** The records that a run would move, found as it finds them. Nothing is written; an export may be created at the vendor. */
import { setTimeout as sleep } from 'node:timers/promises';
import { findRecords, type FoundRecord } from '../../../activities/lib/manifest/export-records';
import type { ProjectConfig } from '../../../config/types';
import { LonghaulError } from '../../../model/errors';
import type { ExportRequest } from '../../../model/export-run';
import type { GivenRecord } from '../../../model/records';
import { createProvider } from '../../../providers/create-provider';
import type { ExportProvider } from '../../../providers/types';
import { retry, type RetryPolicy, type S3Destination } from '../../../transfer';
import type { Output } from '../print/output';

/** Somebody waits at a prompt; a vendor that is away for longer is said. */
const CALL_RETRY: RetryPolicy = { baseDelayMs: 500, maxDelayMs: 5_000, totalMs: 30_000 };

export interface PlanSource {
  /** Null where records are given. */
  readonly request: ExportRequest | null;
  readonly records?: readonly GivenRecord[];
  readonly exportId?: string;
}

export interface FoundExport {
  readonly exportId: string | null;
  /** Looks that a run would take at the status, about. */
  readonly polls: number;
  readonly found: readonly FoundRecord[];
}

class VendorExport {
  private readonly signal: AbortSignal;
  private readonly deadlineMs: number;
  private polls = 0;

  constructor(
    private readonly provider: ExportProvider,
    private readonly config: ProjectConfig['api'],
    private readonly output: Output,
  ) {
    this.deadlineMs = Date.now() + config.exportTimeoutMs;
    this.signal = AbortSignal.timeout(config.exportTimeoutMs);
  }

  /** As a run does: created, or the one in flight adopted or waited for. */
  async obtain(request: ExportRequest): Promise<{ exportId: string; polls: number }> {
    for (;;) {
      const reply = await this.call(() => this.provider.createExport(request, this.signal));
      if (reply.kind !== 'busy') {
        const how = reply.kind === 'created' ? 'Created' : 'Took over';
        this.output.note(`${how} export ${reply.exportId} at the vendor; waiting for its end.`);
        await this.untilEnded(reply.exportId);
        return { exportId: reply.exportId, polls: this.polls };
      }
      await this.pause(`Export ${reply.exportId} is in progress at the vendor`);
    }
  }

  private async untilEnded(exportId: string): Promise<void> {
    for (;;) {
      const { state, status } = await this.call(() => this.provider.pollExport(exportId, this.signal));
      this.polls += 1;
      if (state === 'succeeded') return;
      if (state === 'failed') throw new LonghaulError('ExportFailed', `Export ${exportId} ended with status ${status}`);
      await this.pause(`Export ${exportId} is ${status}`);
    }
  }

  private async pause(what: string): Promise<void> {
    const leftMs = this.deadlineMs - Date.now();
    if (leftMs <= this.config.pollIntervalMs) {
      const seconds = Math.round(this.config.exportTimeoutMs / 1000);
      throw new LonghaulError('ExportTimeout', `${what} after ${seconds} s (api_.export_timeout_sec)`);
    }
    await sleep(this.config.pollIntervalMs);
  }

  private call<T>(work: () => Promise<T>): Promise<T> {
    return retry({ signal: this.signal, policy: CALL_RETRY }, work);
  }
}

/** Throws what a run's own steps throw: Api…, Export…, RecordInvalid. */
export async function findPlanned(
  config: ProjectConfig,
  destination: S3Destination,
  { request, records, exportId }: PlanSource,
  output: Output,
): Promise<FoundExport> {
  const signal = AbortSignal.timeout(config.api.exportTimeoutMs);
  if (request === null) {
    const provider = (): ExportProvider => createProvider(config, { s3: destination.client });
    const found = await findRecords({ provider, destination }, { exportId: null, records: records ?? [] }, signal);
    return { exportId: null, polls: 0, found };
  }
  const provider = createProvider(config, { s3: destination.client });
  const vendor = new VendorExport(provider, config.api, output);
  const ended = exportId === undefined ? await vendor.obtain(request) : { exportId, polls: 1 };
  const found = await retry({ signal, policy: CALL_RETRY }, () =>
    findRecords({ provider: () => provider, destination }, { exportId: ended.exportId }, signal),
  );
  return { ...ended, found };
}
