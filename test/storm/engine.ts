/** The engine as it is shipped, on the storm's network: real HTTP client, real S3 client, real sources and destinations. */
import { Secret } from '../../src/model/secret';
import {
  AddressGuard,
  createHttpClient,
  createHttpSource,
  createS3Client,
  createS3Destination,
  createS3Source,
  DEFAULT_RETRY,
  SourceUrl,
  type S3Destination,
  type TransferSpec,
} from '../../src/transfer';
import type { Attempt } from './workers';
import { API_KEY } from './http-source-model';
import { KEY, TRANSFER_ID, type World } from './world';

const STALL_TIMEOUT_MS = 20_000;

const clientOf = (host: string): ReturnType<typeof createS3Client> =>
  createS3Client({
    region: 'us-east-1',
    endpoint: `https://${host}`,
    forcePathStyle: true,
    credentials: { kind: 'keys', accessKeyId: 'storm', secretAccessKey: new Secret('SECRET-access-key') },
  });

/** Made once: they hold nothing of a run. */
const http = createHttpClient({ guard: new AddressGuard({ allowedHosts: [] }) });
const storeClient = clientOf('store.test');
const sourceClient = clientOf('source.test');

export const destinationOf = ({ scenario }: World): S3Destination =>
  createS3Destination({ client: storeClient, bucket: 'bucket', listPageSize: scenario.pageSize });

export function sourceOf(world: World): TransferSpec['source'] {
  if (world.scenario.from === 's3') {
    return createS3Source({ client: sourceClient, bucket: 'bucket', key: KEY, declaredChecksums: true });
  }
  const fresh = (): Promise<SourceUrl> => Promise.resolve(new SourceUrl(world.source.url(world.source.validFrom)));
  return createHttpSource({ http, resolve: fresh, refresh: fresh, headers: { 'x-api-key': API_KEY } });
}

export function specOf(world: World, { memory, onRetry }: Attempt): TransferSpec {
  const { publish, partSizeBytes, lanes, sha256, ifAbsent } = world.scenario;
  return {
    source: sourceOf(world),
    destination: destinationOf(world),
    key: KEY,
    transferId: TRANSFER_ID,
    publish,
    partSizeBytes,
    lanes,
    memory,
    stallTimeoutMs: STALL_TIMEOUT_MS,
    retry: DEFAULT_RETRY,
    onRetry,
    ...(sha256 === 'none' ? {} : { sha256: world.promisedSha256 }),
    ...(ifAbsent ? { ifAbsent } : {}),
  };
}
