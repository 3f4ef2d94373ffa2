/** From a source over HTTP to a bucket, both real, with a scripted proxy before the store: for one test file. */
import type { HttpClient, TransferSpec } from '../../../src/transfer';
import { startS3Proxy, type S3Proxy } from '../../support/s3-proxy';
import { startSourceServer, type ServedFile, type SourceServer } from '../../support/source-server';
import { makeSpec, openUploads, readObject, testHttp, type SpecOptions } from '../../support/transfer-rig';
import { startTestS3, type TestS3 } from '../../support/versitygw';

export interface RelayRig {
  readonly s3: TestS3;
  readonly proxy: S3Proxy;
  readonly source: SourceServer;
  readonly http: HttpClient;
  readonly bucket: string;
  /** From the source through the proxy into the bucket, unless `options` say otherwise. */
  spec(options?: Partial<SpecOptions>): TransferSpec;
  /** Before each test: the source has its file again, nothing has been asked for, nothing goes wrong. */
  reset(): void;
  /** What is stored under a key; undefined where nothing is visible. */
  read(key: string): Promise<Buffer | undefined>;
  /** Keys of the uploads that are open. */
  openUploads(prefix?: string): Promise<string[]>;
  stop(): Promise<void>;
}

/** `file` is made anew for each test, because tests change it. */
export async function startRelayRig(bucket: string, file: () => ServedFile): Promise<RelayRig> {
  const s3 = await startTestS3();
  await s3.bucket(bucket);
  const source = await startSourceServer(file());
  const proxy = await startS3Proxy(s3.endpoint);
  const http = testHttp();
  return {
    s3,
    proxy,
    source,
    http,
    bucket,
    spec: (options) => makeSpec({ url: source.url, http, client: s3.clientAt(proxy.endpoint), bucket, ...options }),
    reset() {
      source.file = file();
      source.fault = () => false;
      source.requests.length = 0;
      source.servedBytes = 0;
      proxy.seen.length = 0;
      proxy.script = () => 'pass';
    },
    read: (key) => readObject(s3.client, bucket, key),
    openUploads: (prefix) => openUploads(s3.client, bucket, prefix),
    async stop() {
      await http.close();
      await proxy.close();
      await source.close();
      await s3.stop();
    },
  };
}
