/** Where restore finds its records. Read only by its very interface: there is no method that could change anything. */

/** One file of a raw file, as it was backed up. */
export interface CatalogueFile {
  /** With `/`, as the catalogue has it: unchecked, input from outside. */
  readonly path: string;
  readonly bytes: number;
  /** As S3 gave it, with or without quotes. */
  readonly etag: string;
}

/**
 * `{_id, project_id, s3_upload_path, file_info: {"<relative path>": [size_bytes, etag]}}` as the catalogue has it. A field
 * that is missing, null or blank is null, a missing `file_info` is empty: validateRestore says so by name.
 */
export interface CatalogueRecord {
  readonly id: string;
  readonly projectId: string | null;
  readonly s3UploadPath: string | null;
  /** Sorted by path. */
  readonly files: readonly CatalogueFile[];
}

export interface Catalogue {
  /**
   * The record of a raw file, or null where there is none.
   * Throws CatalogueUnreachable (retryable), CatalogueRefused, CatalogueInvalid (the catalogue or the record is wrong),
   * CatalogueUrlMissing, or the signal's reason. No message holds a connection string or a part of one.
   */
  find(id: string, signal: AbortSignal): Promise<CatalogueRecord | null>;
  /** Lets go of connections. Never throws. */
  close(): Promise<void>;
}
