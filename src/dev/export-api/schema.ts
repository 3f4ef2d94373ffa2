/** The GraphQL schema of the sample vendor; documents are executed by the graphql package, so wrong ones fail. */
import { buildSchema, GraphQLError, Kind, parse, type GraphQLSchema, type OperationDefinitionNode } from 'graphql';
import type { ExportType } from '../../model/export-run';
import type { ExportStore } from './exports';
import type { ApiOperation } from './stats';

export const schema: GraphQLSchema = buildSchema(`
  enum ExportFormat { PARQUET }
  enum AssetSoftwareSource { IVM }
  input VulnerabilityExportConfiguration { format: ExportFormat }
  input PolicyExportConfiguration { format: ExportFormat }
  input VulnerabilityRemediationExportConfiguration { startDate: String!, endDate: String!, format: ExportFormat }
  input AssetSoftwareExportConfiguration { source: AssetSoftwareSource!, format: ExportFormat }
  type CreatedExport { id: String! }
  type ExportResult { prefix: String!, urls: [String!] }
  type Export { id: String!, status: String!, dataset: String, timestamp: String, result: [ExportResult!] }
  type Query { export(id: String!): Export }
  type Mutation {
    createVulnerabilityExport(input: VulnerabilityExportConfiguration!): CreatedExport!
    createPolicyExport(input: PolicyExportConfiguration!): CreatedExport!
    createVulnerabilityRemediationExport(input: VulnerabilityRemediationExportConfiguration!): CreatedExport!
    createAssetSoftwareExport(input: AssetSoftwareExportConfiguration!): CreatedExport!
  }
`);

export interface ResultEntry {
  readonly prefix: string;
  readonly urls: readonly string[] | null;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const DATASETS: Record<ExportType, string> = {
  vulnerability: 'vulnerability',
  policy: 'policy',
  remediation: 'vulnerability_remediation',
  software: 'asset_software',
};

const checkWindow = (input: { startDate: string; endDate: string }): void => {
  const [start, end] = [Date.parse(input.startDate), Date.parse(input.endDate)];
  if (!(start <= end)) throw new GraphQLError('startDate must be a date not after endDate');
  if (end - start > 31 * DAY_MS) throw new GraphQLError('The date range must not exceed 31 days');
  if (start < Date.parse('2025-08-01')) throw new GraphQLError('startDate must be 2025-08-01 or later');
};

/** @param resultOf the entries of a finished export, with URLs signed now; null where the vendor gives none. */
export const rootValue = (store: ExportStore, resultOf: (type: ExportType) => ResultEntry[] | null) => {
  const create = (type: ExportType) => {
    const { kind, id } = store.create(type);
    if (kind === 'in-progress') throw new GraphQLError(`Export already in-progress exportId: ${id}`);
    return { id };
  };
  return {
    createVulnerabilityExport: () => create('vulnerability'),
    createPolicyExport: () => create('policy'),
    createVulnerabilityRemediationExport: ({ input }: { input: { startDate: string; endDate: string } }) => {
      checkWindow(input);
      return create('remediation');
    },
    createAssetSoftwareExport: () => create('software'),
    export: ({ id }: { id: string }) => {
      const one = store.poll(id);
      if (one === undefined) return null;
      const timestamp = new Date(one.createdAtMs).toISOString();
      const result = (): ResultEntry[] | null => (store.hasResult(one) ? resultOf(one.type) : null);
      return { id, status: one.status, dataset: DATASETS[one.type], timestamp, result };
    },
  };
};

/** What a document asks for, by its first root field. */
export const operationOf = (document: string): ApiOperation => {
  let operation: OperationDefinitionNode | undefined;
  try {
    operation = parse(document).definitions.find((one) => one.kind === Kind.OPERATION_DEFINITION);
  } catch {
    // Not GraphQL: the execution says so to the client.
  }
  const field = operation?.selectionSet.selections[0];
  const name = field?.kind === Kind.FIELD ? field.name.value : '';
  if (name.startsWith('create')) return 'create';
  return name === 'export' ? 'poll' : name === '__typename' ? 'check' : 'other';
};
