/** The schemas that there are, apart from what makes them: `--help` and completion must not load zod. */
export const SCHEMA_NAMES = [
  'project',
  'restore',
  'load',
  'parameters',
  'catalogue',
  'transfer-event',
  'export-input',
  'ingest-input',
  'restore-input',
  'load-input',
  'janitor-input',
] as const;
export type SchemaName = (typeof SCHEMA_NAMES)[number];
