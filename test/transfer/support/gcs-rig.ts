/** What tests of Google Cloud Storage share: the strict double, specs over it in both directions, and looks at what it holds. */
import { startGcsServer, type GcsServer, type GcsServerOptions } from '../../../src/dev/gcs-server';
import {
  createGcsClient,
  createGcsDestination,
  createGcsSource,
  MemoryBudget,
  type GcsClient,
  type GcsClientOptions,
  type GcsDestination,
  type GcsDestinationOptions,
  type TransferSpec,
} from '../../../src/transfer';
import { bytesOf, MIB, QUICK_RETRY } from '../../support/transfer-rig';

export const BUCKET = 'target';
export const FROM = 'origin';

export interface GcsRig {
  readonly gcs: GcsServer;
  readonly client: GcsClient;
  destination(options?: Partial<GcsDestinationOptions>): GcsDestination;
  /** A new key and transfer from an object of the double to the double; everything can be replaced. */
  spec(rest?: Partial<TransferSpec>): TransferSpec;
  /** A client with other options, closed with the rig. */
  clientWith(options: GcsClientOptions): GcsClient;
  stop(): Promise<void>;
}

let transfers = 0;

export async function startGcsRig(
  options: GcsServerOptions = {},
  clientOptions: GcsClientOptions = {},
): Promise<GcsRig> {
  const gcs = await startGcsServer({ buckets: [BUCKET, FROM], ...options });
  const clients: GcsClient[] = [];
  const clientWith = (more: GcsClientOptions): GcsClient => {
    const made = createGcsClient({ endpoint: gcs.endpoint, ...more });
    clients.push(made);
    return made;
  };
  const client = clientWith(clientOptions);
  const destination = (more: Partial<GcsDestinationOptions> = {}): GcsDestination =>
    createGcsDestination({ client, bucket: BUCKET, ...more });
  return {
    gcs,
    client,
    clientWith,
    destination,
    spec(rest = {}) {
      transfers += 1;
      return {
        source: createGcsSource({ client, bucket: FROM, key: 'object' }),
        destination: destination(),
        key: `objects/${transfers} ü.bin`,
        transferId: `transfer/${transfers}`,
        publish: 'direct',
        partSizeBytes: 5 * MIB,
        lanes: 3,
        memory: new MemoryBudget(64 * MIB),
        stallTimeoutMs: 5_000,
        retry: QUICK_RETRY,
        ...rest,
      };
    },
    async stop() {
      await Promise.all(clients.map((each) => each.close()));
      await gcs.stop();
    },
  };
}

/** What nobody should find after a transfer: open uploads, and anything below the temporary prefix. */
export const leftovers = (gcs: GcsServer): string[] => [
  ...gcs.openUploads().map(({ kind, name }) => `${kind} ${name}`),
  ...gcs.names(BUCKET, '.longhaul-tmp/'),
];

/** Puts bytes at the origin and gives them. */
export async function putOrigin(gcs: GcsServer, size: number, offset = 0, key = 'object'): Promise<Buffer> {
  const body = bytesOf(size, offset);
  await gcs.putObject(FROM, key, body, { contentType: 'text/csv' });
  return body;
}
