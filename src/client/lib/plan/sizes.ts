/** How large what a run would move is: asked of the sources by ranged GETs of one byte, and of S3 by listing. */
import type { S3Client } from '@aws-sdk/client-s3';
import { readHeaders } from '../../../config/ingest-headers';
import type { JobConfig } from '../../../config/types';
import { addPrefix, addUrls, emptyWorkload, scaled, type PrefixObjects, type Workload } from '../../../model/cost';
import { eachOf } from '../../../model/each-of';
import { LonghaulError } from '../../../model/errors';
import {
  AddressGuard,
  createHttpClient,
  createHttpSource,
  partCount,
  partSizeFor,
  prefixObjects,
  type HttpClient,
  type SourceUrl,
} from '../../../transfer';

const ASKED_AT_ONCE = 16;
const ASK_TIMEOUT_MS = 30_000;
const LIST_TIMEOUT_MS = 3_600_000;
/** UploadPartCopy moves parts of this size: src/transfer/s3/copy-parts.ts. */
const COPY_PART_BYTES = 512 * 2 ** 20;

export interface SizesReport {
  /** URLs that were asked, of all. */
  readonly asked: number;
  readonly of: number;
  /** Did not answer, or declare no length. */
  readonly unknown: number;
  /** Why the first of them did not. */
  readonly firstProblem?: { readonly source: string; readonly code: string; readonly message: string };
}

export interface AskedUrl {
  readonly url: SourceUrl;
  /** Variable that holds secret headers for it: of ingestUrls. */
  readonly headersEnv?: string;
}

/** `count` of them, spread over all: files of one dataset lie together and are alike. */
export const spread = <T>(items: readonly T[], count: number): T[] => {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, n) => items[Math.floor((n * items.length) / count)] as T);
};

function headersOf({ headersEnv }: AskedUrl, allowed: readonly string[] | null): Readonly<Record<string, string>> {
  if (headersEnv === undefined) return {};
  const secrets = readHeaders(headersEnv, undefined, allowed);
  return Object.fromEntries(Object.entries(secrets).map(([name, secret]) => [name, secret.reveal()]));
}

async function sizeOf(http: HttpClient, asked: AskedUrl, allowed: readonly string[] | null): Promise<number | null> {
  const { url } = asked;
  const headers = headersOf(asked, allowed);
  const source = createHttpSource({ http, resolve: () => Promise.resolve(url), headers });
  const signal = AbortSignal.timeout(ASK_TIMEOUT_MS);
  const reply = await source.open({ offsetBytes: 0, lengthBytes: 1 }, undefined, signal);
  // A source without ranges sends all of it.
  reply.body.on('error', () => undefined).destroy();
  return reply.version.sizeBytes ?? null;
}

/** Asks `sample` of them; those that do not answer are counted and told, never thrown. `headerVariables`: that may be sent. */
export async function measureUrls(
  urls: readonly AskedUrl[],
  sample: number,
  { aws, transfer }: JobConfig,
  headerVariables: readonly string[] | null = null,
): Promise<{ readonly workload: Workload; readonly sizes: SizesReport }> {
  const workload = emptyWorkload();
  const http = createHttpClient({ guard: new AddressGuard({ allowedHosts: transfer.allowedHosts }) });
  const chosen = spread(urls, sample);
  let firstProblem: SizesReport['firstProblem'];
  try {
    await eachOf(chosen, ASKED_AT_ONCE, async (one) => {
      try {
        const bytes = await sizeOf(http, one, headerVariables);
        const parts = bytes === null ? 1 : partCount(bytes, partSizeFor(bytes, aws.partSizeBytes));
        addUrls(workload, bytes, parts);
      } catch (error) {
        const { code, message } =
          error instanceof LonghaulError ? error : { code: 'SourceUnreachable', message: 'No answer within 30 s' };
        firstProblem ??= { source: one.url.display, code, message };
        addUrls(workload, null, 1);
      }
    });
  } finally {
    await http.close();
  }
  const { unknown } = workload.url;
  const sizes = {
    asked: chosen.length,
    of: urls.length,
    unknown,
    ...(firstProblem === undefined ? {} : { firstProblem }),
  };
  return { workload: { ...workload, url: scaled(workload.url, urls.length) }, sizes };
}

async function listObjects(client: S3Client, uri: string, { transfer }: JobConfig): Promise<PrefixObjects> {
  const sum = { objects: 0, bytes: 0, large: 0, parts: 0 };
  const signal = AbortSignal.timeout(LIST_TIMEOUT_MS);
  for await (const { sizeBytes } of prefixObjects({ client, uri, signal })) {
    sum.objects += 1;
    sum.bytes += sizeBytes;
    if (sizeBytes <= transfer.copyPartThresholdBytes) continue;
    sum.large += 1;
    const configured = Math.min(COPY_PART_BYTES, transfer.copyPartThresholdBytes);
    sum.parts += partCount(sizeBytes, partSizeFor(sizeBytes, configured));
  }
  return sum;
}

/** Adds what lies below each of these prefixes. Throws where one cannot be listed: a run could not copy it either. */
export async function measurePrefixes(
  workload: Workload,
  prefixes: readonly string[],
  config: JobConfig,
  client: S3Client,
): Promise<void> {
  for (const uri of prefixes) addPrefix(workload, await listObjects(client, uri, config));
}
