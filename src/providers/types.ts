/** Export APIs behind one interface: create, poll, list. Knows nothing of Temporal, S3 or projects. */
import type { ExportRequest } from '../model/export-run';
import type { SourceUrl } from '../transfer/source-url';

export interface UrlExportRecord {
  readonly kind: 'url';
  readonly dataset: string;
  readonly url: SourceUrl;
  /** In the object's key, in place of the last segment of the URL's path. */
  readonly fileName?: string;
  /**
   * What names this record within its dataset whenever it is listed again, where the path of its URL alone does not.
   * It is stored: no secret. Unique within the dataset.
   */
  readonly ref?: string;
}

export type ExportRecord =
  UrlExportRecord | { readonly kind: 'prefix'; readonly dataset: string | null; readonly prefix: string };

export type CreateReply =
  | { readonly kind: 'created'; readonly exportId: string }
  /** One of this type was in flight and stands for ours (a snapshot). */
  | { readonly kind: 'adopted'; readonly exportId: string }
  /** One of this type is in flight and is not ours: wait and try again. */
  | { readonly kind: 'busy'; readonly exportId: string };

export interface PollReply {
  readonly state: 'running' | 'succeeded' | 'failed';
  /** The vendor's own word, for people. */
  readonly status: string;
  readonly recordCount: number;
  /** True where the vendor's word is not one we know: kept polling, logged. */
  readonly unknownStatus: boolean;
}

/**
 * Every error it throws is a LonghaulError (Api…, Export…, RecordInvalid; Source… where the list itself is a file;
 * InvalidInput for a request that it cannot do), or the signal's own reason.
 */
export interface ExportProvider {
  readonly name: string;
  /** Identifies the account that export ids belong to, for caches; `name` where absent. */
  readonly key?: string;
  /** Proves endpoint and key; moves nothing. */
  checkAccess(signal: AbortSignal): Promise<void>;
  /** What it makes of this request, as a noun for people: 'policy export', 'list of URLs'. Not a secret. */
  exportName(request: ExportRequest): string;
  /** Creates an export, or recovers the id of the one in flight after an ambiguous answer. */
  createExport(request: ExportRequest, signal: AbortSignal): Promise<CreateReply>;
  pollExport(exportId: string, signal: AbortSignal): Promise<PollReply>;
  /**
   * The records of a finished export, in the vendor's order, with URLs that are fresh now. Asked again, in any process
   * and until the run has ended, it names each record alike: by `ref`, else by the path of its URL.
   */
  listRecords(exportId: string, signal: AbortSignal): Promise<ExportRecord[]>;
  /** True where an export without files is a success for this request (a remediation window with nothing in it). */
  mayBeEmpty(request: ExportRequest): boolean;
}
