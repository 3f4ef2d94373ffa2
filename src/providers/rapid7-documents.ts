/** The documents of the Rapid7 Bulk Export API. Everything that varies travels as a variable, never in the text. */
import type { ExportRequest, ExportType } from '../model/export-run';

export const CHECK_DOCUMENT = 'query { __typename }';

export const GET_EXPORT_DOCUMENT =
  'query GetExport($id: String!) { export(id: $id) { id status dataset timestamp result { prefix urls } } }';

export interface CreateDocument {
  readonly document: string;
  /** The mutation's field in the answer. */
  readonly field: string;
  readonly variables: (request: ExportRequest) => Record<string, unknown>;
}

export const CREATE_DOCUMENTS: Readonly<Record<ExportType, CreateDocument>> = {
  vulnerability: {
    document: 'mutation CreateVulnerabilityExport { createVulnerabilityExport(input: {}) { id } }',
    field: 'createVulnerabilityExport',
    variables: () => ({}),
  },
  policy: {
    document: 'mutation CreatePolicyExport { createPolicyExport(input: {}) { id } }',
    field: 'createPolicyExport',
    variables: () => ({}),
  },
  remediation: {
    document:
      'mutation CreateVulnerabilityRemediationExport($input: VulnerabilityRemediationExportConfiguration!) ' +
      '{ createVulnerabilityRemediationExport(input: $input) { id } }',
    field: 'createVulnerabilityRemediationExport',
    variables: ({ startDate, endDate }) => ({ input: { startDate, endDate } }),
  },
  software: {
    document:
      'mutation CreateAssetSoftwareExport($input: AssetSoftwareExportConfiguration!) ' +
      '{ createAssetSoftwareExport(input: $input) { id } }',
    field: 'createAssetSoftwareExport',
    variables: () => ({ input: { source: 'IVM', format: 'PARQUET' } }),
  },
};
