/** parameters.json as activities read it; documents that signed URLs are asked for from are kept for a while. */
import { createHash } from 'node:crypto';
import type { IngestConfig } from '../../../config/ingest-types';
import { MAX_PARAMETERS_BYTES, parseParameters, type ParametersDocument } from '../../../ingest';
import { LonghaulError } from '../../../model/errors';
import { getSmall, type S3Destination } from '../../../transfer';

/** What the document is read with. */
interface Reader {
  readonly config: IngestConfig;
  readonly destination: S3Destination;
}

/** Runs at once with lists of their own are few; one list with 50,000 URLs takes some 50 MB. */
const MAX_KEPT = 4;

export class ParametersBook {
  private readonly kept = new Map<string, ParametersDocument>();

  /**
   * The document as it is now. Throws ParametersLoad where it is missing, unreadable or malformed, and what may pass as it is.
   */
  async read(tools: Reader, signal: AbortSignal): Promise<ParametersDocument> {
    const { config, destination } = tools;
    const { parametersKey } = config.ingest;
    const display = destination.display(parametersKey);
    const body = await readBody(tools, display, signal);
    // A digest of ours: some stores change an object's ETag without its bytes, and it must not look like a signature.
    const etag = createHash('sha256').update(body).digest('hex').slice(0, 32);
    const { targetPrefix: pathPrefix, controlPrefix } = config.aws;
    const entries = parseParameters(body.toString('utf8'), { pathPrefix, controlPrefix, parametersKey, display });
    const document = { etag, entries };
    if (entries.some(({ url }) => url.isSigned)) this.keep(idOf(display, etag), document);
    return document;
  }

  /** The document of a plan where it is still known, so that a list that is replaced during a run does not matter; else as `read`. */
  async of(tools: Reader, etag: string, signal: AbortSignal): Promise<ParametersDocument> {
    const display = tools.destination.display(tools.config.ingest.parametersKey);
    return this.kept.get(idOf(display, etag)) ?? this.read(tools, signal);
  }

  private keep(id: string, document: ParametersDocument): void {
    this.kept.delete(id);
    this.kept.set(id, document);
    const [oldest] = this.kept.keys();
    if (this.kept.size > MAX_KEPT && oldest !== undefined) this.kept.delete(oldest);
  }
}

const idOf = (display: string, etag: string): string => `${display} ${etag}`;

async function readBody({ config, destination }: Reader, display: string, signal: AbortSignal): Promise<Buffer> {
  const { parametersKey } = config.ingest;
  const refuse = (why: string, cause?: unknown): LonghaulError =>
    new LonghaulError('ParametersLoad', `${display} ${why}`, {}, { cause });
  try {
    // Its size first: whatever lies there would be read into memory whole.
    const found = await destination.stat(parametersKey, signal);
    if (found === undefined) throw refuse('does not exist.');
    if (found.bytes > MAX_PARAMETERS_BYTES)
      throw refuse(`has ${found.bytes} bytes; ${MAX_PARAMETERS_BYTES} are allowed.`);
    return await getSmall(destination, parametersKey, { signal });
  } catch (error) {
    if (!(error instanceof LonghaulError) || error.retryable || error.code === 'ParametersLoad') throw error;
    throw refuse(`cannot be read: ${error.message}`, error);
  }
}
