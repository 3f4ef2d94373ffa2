/** The manifest: from an export's result, or given records, to pages in the bucket (claim check). */
import { LonghaulError } from '../model/errors';
import type { GivenRecord } from '../model/records';
import type { ExportRecord } from '../providers/types';
import { createS3Destination, getSmall, SourceUrl, type S3Destination } from '../transfer';
import type { Dependencies, ProjectTools } from './dependencies';
import { ControlStore } from './lib/control-store';
import { writeManifestPages } from './lib/manifest-pages';
import { KeyAssigner, type Unkeyed } from './lib/keys';
import { parseS3Uri } from './lib/s3-uri';
import { resumable } from './lib/resumable';
import type { ApiActivities } from './types';

/** A listing of this many records is a mistake or an attack; S3 itself would take days to publish it. */
const MAX_RECORDS = 5_000_000;

export function createManifestActivities(dependencies: Dependencies): Pick<ApiActivities, 'writeManifest'> {
  return {
    writeManifest: (args) =>
      resumable({}, async ({ signal }) => {
        const { settings, exportId } = args;
        const tools = dependencies.project(settings);
        const found = await findRecords(tools, args, signal);
        const keys = new KeyAssigner({
          targetPrefix: settings.targetPrefix,
          controlPrefix: settings.controlPrefix,
          template: tools.config.aws.keyTemplate,
          run: settings.run,
          exportId,
        });
        const records = found.map((record, n) => keys.assign(record, n));
        const store = new ControlStore(settings, tools.control, signal);
        const pages = await writeManifestPages(store, settings, records);
        const summary = {
          records: records.length,
          pages,
          prefixRecords: records.filter((record) => record.kind === 'prefix').length,
          datasets: new Set(records.map((record) => record.dataset)).size,
        };
        dependencies.logger.info('manifest_complete', { run: settings.run, ...summary });
        return summary;
      }),
  };
}

type FindArgs = Parameters<ApiActivities['writeManifest']>[0];

async function findRecords(tools: ProjectTools, args: FindArgs, signal: AbortSignal): Promise<Unkeyed[]> {
  if (args.exportId !== null) {
    const records = await tools.provider().listRecords(args.exportId, signal);
    if (records.length > MAX_RECORDS)
      throw new LonghaulError(
        'RecordInvalid',
        `The export names ${records.length} records; at most ${MAX_RECORDS} are moved`,
      );
    return records.map(fromExport);
  }
  const given =
    args.recordsUri === undefined ? (args.records ?? []) : await readGiven(args.recordsUri, tools.destination, signal);
  return given.map(fromGiven);
}

function fromExport(record: ExportRecord): Unkeyed {
  if (record.kind === 'prefix') return fromPrefix(record.prefix, record.dataset);
  return { kind: 'url', dataset: record.dataset, source: record.url.display, fileName: record.url.baseName };
}

function fromGiven(record: GivenRecord, index: number): Unkeyed {
  if ('prefix' in record) return fromPrefix(record.prefix, record.dataset ?? null);
  const url = new SourceUrl(record.url);
  if (url.isSigned) {
    throw new LonghaulError(
      'RecordInvalid',
      `Record ${index} (${url.display}) carries a signature or password, which must not be stored: let a provider give the URL`,
    );
  }
  return {
    kind: 'url',
    dataset: record.dataset ?? 'files',
    source: url.display,
    fileName: url.baseName,
    url: url.reveal().href,
  };
}

/** A prefix without a dataset goes below its own last segment, so that two prefixes do not mix. */
function fromPrefix(prefix: string, dataset: string | null): Unkeyed {
  const { bucket, key } = parseS3Uri(prefix);
  const lastSegment = key
    .split('/')
    .filter((segment) => segment !== '')
    .at(-1);
  return { kind: 'prefix', dataset: dataset ?? lastSegment ?? bucket, source: `s3://${bucket}/${key}`, fileName: '' };
}

async function readGiven(uri: string, target: S3Destination, signal: AbortSignal): Promise<GivenRecord[]> {
  const { bucket, key } = parseS3Uri(uri);
  const store = createS3Destination({ client: target.client, bucket });
  const lines = (await getSmall(store, key, { signal })).toString().split('\n');
  return lines.flatMap((text, index) => (text.trim() === '' ? [] : [parseGiven(text, `${uri} line ${index + 1}`)]));
}

function parseGiven(text: string, where: string): GivenRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new LonghaulError('RecordInvalid', `${where} is not JSON`);
  }
  if (typeof value === 'object' && value !== null) {
    const { url, prefix, dataset } = value as Record<string, unknown>;
    const named = typeof dataset === 'string' && dataset !== '' ? { dataset } : {};
    if (typeof url === 'string' && prefix === undefined) return { url, ...named };
    if (typeof prefix === 'string' && url === undefined) return { prefix, ...named };
  }
  throw new LonghaulError('RecordInvalid', `${where} must be {"url": "https://…"} or {"prefix": "s3://bucket/path"}`);
}
