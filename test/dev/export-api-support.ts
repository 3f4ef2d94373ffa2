/** Raw HTTP against the sample export API, without Longhaul's own client. */
import { request } from 'undici';
import { startExportApi, type ExportApi, type ExportApiOptions, type SampleFile } from '../../src/dev/export-api';
import type { ExportType } from '../../src/model/export-run';

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly bytes: Buffer;
  readonly text: string;
}

export const get = async (url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> => {
  const { statusCode, headers: answered, body } = await request(url, { method: method as 'GET', headers });
  const bytes = Buffer.from(await body.arrayBuffer());
  return { status: statusCode, headers: answered, bytes, text: bytes.toString('utf8') };
};

interface GraphqlAnswer {
  status: number;
  data?: Record<string, { id?: string; status?: string; result?: { prefix: string; urls: string[] | null }[] | null }>;
  errors?: { message: string; extensions?: { code?: string } }[];
}

export const post = async (
  api: ExportApi,
  query: string,
  variables: object = {},
  headers: Record<string, string> = { 'X-Api-Key': api.apiKey },
): Promise<GraphqlAnswer> => {
  const { statusCode, body } = await request(api.endpoint, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  return { status: statusCode, ...((await body.json()) as object) };
};

const CREATE: Record<ExportType, string> = {
  vulnerability: 'mutation { created: createVulnerabilityExport(input: {}) { id } }',
  policy: 'mutation { created: createPolicyExport(input: {}) { id } }',
  remediation:
    'mutation { created: createVulnerabilityRemediationExport(input: {startDate: "2026-08-03", endDate: "2026-08-24"}) { id } }',
  software: 'mutation { created: createAssetSoftwareExport(input: {source: IVM, format: PARQUET}) { id } }',
};

export const create = (api: ExportApi, type: ExportType): Promise<GraphqlAnswer> => post(api, CREATE[type]);

export const poll = async (api: ExportApi, id: string) =>
  (await post(api, 'query G($id: String!) { export(id: $id) { id status result { prefix urls } } }', { id })).data
    ?.export;

/** Creates a vulnerability export and gives the URLs of its files, in the files' order where datasets are grouped. */
export const exportedUrls = async (api: ExportApi, type: ExportType = 'vulnerability'): Promise<string[]> => {
  const id = (await create(api, type)).data?.created?.id ?? '';
  return ((await poll(api, id))?.result ?? []).flatMap(({ urls }) => urls ?? []);
};

export const INSTANT = { pendingMs: 0, runningMs: 0 };

export const withApi = async (
  options: ExportApiOptions & { vulnerability?: SampleFile[] },
  use: (api: ExportApi) => Promise<void>,
): Promise<void> => {
  const { vulnerability, ...rest } = options;
  const files = vulnerability === undefined ? {} : { files: { vulnerability } };
  const api = await startExportApi({ statusDurationsMs: INSTANT, ...files, ...rest });
  try {
    await use(api);
  } finally {
    await api.close();
  }
};
