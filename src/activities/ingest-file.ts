/** One file of `ingestUrls` while it moves: its URL and headers, its log lines, and what `skip_unchanged` knows of it. */
import { Context } from '@temporalio/activity';
import { readHeaders } from '../config/ingest-headers';
import { readState, recordUrl, stateKey, stateOf, TransferLog, type IngestRecord } from '../ingest';
import { LonghaulError } from '../model/errors';
import type { StagedObject } from '../model/records';
import { Secret } from '../model/secret';
import { hideSecret } from '../ops/redaction';
import { isUnchanged, type HttpSourceOptions, type SourceUrl } from '../transfer';
import type { MovedObject, TransferControl } from '../transfer/types';
import type { Dependencies, IngestTools } from './dependencies';
import { ControlStore, orNull } from './lib/control/control-store';
import { ingestLog, type WriteLine } from './lib/attempt/ingest-log';
import type { OfRecord } from './types';

export class IngestFile {
  readonly log: TransferLog;
  /** What the engine's HTTP source needs; headers go to the URL's own origin alone. */
  readonly source: Pick<HttpSourceOptions, 'resolve' | 'headers'>;
  private readonly tools: IngestTools;
  private readonly record: IngestRecord;
  private readonly store: ControlStore;
  private readonly write: WriteLine;
  private readonly startedAtMs: number;

  /** Within an activity. Throws ConfigInvalid where the variable that the record's `headers_env` names cannot be used. */
  constructor(
    private readonly dependencies: Dependencies,
    { settings, record }: OfRecord,
    private readonly control: TransferControl,
    startedAtMs: number,
  ) {
    this.tools = dependencies.ingest(settings);
    this.record = record;
    this.startedAtMs = startedAtMs;
    this.store = new ControlStore(settings, this.tools.control, control.signal);
    this.write = ingestLog(dependencies.logger, this.tools.config, settings.run);
    this.log = new TransferLog({ url: record.source, s3Key: record.key, write: this.write, startedAtMs });
    this.source = { resolve: () => this.url(), headers: this.headers() };
  }

  /** The staged line of a file that is where the last run has put it and has not changed since; null: it has to be moved. */
  async unchanged(): Promise<StagedObject | null> {
    if (!this.tools.config.ingest.skipUnchanged) return null;
    const { control, record } = this;
    const { destination, http, config } = this.tools;
    const state = await this.readState();
    if (state === null) return null;
    // What an earlier attempt of this very transfer has just moved is not unchanged but done.
    if (control.repeatedSince !== undefined && state.key === record.key) return null;
    // Somebody may have removed or replaced it: then the file is wanted again.
    const there = await destination.stat(state.key, control.signal);
    if (there?.bytes !== state.bytes) return null;
    const asked = {
      headers: this.headers(),
      signal: control.signal,
      stallTimeoutMs: config.transfer.stallTimeoutMs,
    };
    try {
      if (!(await isUnchanged(http, await this.url(), state, asked))) return null;
    } catch (error) {
      // The transfer itself finds out what is wrong, and tries again.
      if (error instanceof LonghaulError) return null;
      throw error;
    }
    this.log.skipped();
    return skippedLine(record, state.key, this.startedAtMs);
  }

  /** The file is in the bucket, verified. Never throws: without what is remembered here it is only read once more. */
  async complete(object: MovedObject): Promise<void> {
    this.log.complete(object.bytes);
    if (!this.tools.config.ingest.skipUnchanged || object.sourceValidators === undefined) return;
    const state = stateOf(this.record, object.sourceValidators, { bytes: object.bytes, at: new Date() });
    if (state === null) return;
    try {
      await this.store.writeJson(this.stateKey, state);
    } catch (error) {
      this.dependencies.logger.warning('ingest_state_error', { s3_key: this.record.key, error });
    }
  }

  private get stateKey(): string {
    return stateKey(this.tools.config.aws.controlPrefix, this.record);
  }

  private async readState(): Promise<ReturnType<typeof readState>> {
    try {
      return readState(await orNull(this.store.readJson<unknown>(this.stateKey)));
    } catch (error) {
      if (error instanceof SyntaxError) return null;
      throw error;
    }
  }

  private async url(): Promise<SourceUrl> {
    const { parameters } = this.dependencies;
    const etag = this.record.urlRef?.etag ?? '';
    const url = await recordUrl(this.record, () => parameters.of(this.tools, etag, this.control.signal));
    const { password } = url.reveal();
    if (password !== '') hideSecret(new Secret(decodeURIComponent(password)));
    return url;
  }

  private headers(): Readonly<Record<string, string>> {
    const { headersEnv } = this.record;
    if (headersEnv === undefined) return {};
    const secrets = readHeaders(headersEnv, undefined, this.tools.config.ingest.headerVariables);
    for (const secret of Object.values(secrets)) hideSecret(secret);
    return Object.fromEntries(Object.entries(secrets).map(([name, secret]) => [name, secret.reveal()]));
  }
}

/** Nothing was written: its key is that of the object from before, and its bytes count for that run. */
const skippedLine = (record: IngestRecord, key: string, startedAtMs: number): StagedObject => ({
  line: {
    n: record.n,
    dataset: record.dataset,
    source: record.source,
    key,
    bytes: 0,
    parts: 0,
    attempts: Context.current().info.attempt,
    outcome: 'skipped',
    startedAt: new Date(startedAtMs).toISOString(),
    finishedAt: new Date().toISOString(),
  },
  transferId: '',
  resentBytes: 0,
});
