/** What every side of bench/relay is told. The scripts of bench/peers read the same fields. */
export interface RelayJob {
  readonly urls: readonly string[];
  /** Moved before anything is measured, into keys of their own. */
  readonly warmUpUrls: readonly string[];
  readonly bucket: string;
  /** Of the keys. */
  readonly prefix: string;
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Objects at once. */
  readonly concurrency: number;
  /** Of the aiohttp script. */
  readonly partBytes: number;
  readonly chunkBytes: number;
  /** Of the boto3 script: its transfers by the AWS Common Runtime. */
  readonly crt: boolean;
}
