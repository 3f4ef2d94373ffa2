/** JSON Schemas of all that people write: `longhaul schema`, and configs/*.schema.json of the package. */
import { z } from 'zod';
import { transferEventJsonSchema } from '../../../bridge/event-schema';
import {
  catalogueSchema,
  exportInputSchema,
  ingestInputSchema,
  janitorInputSchema,
  loadInputSchema,
  parametersSchema,
  restoreInputSchema,
} from '../../../config/input-schemas';
import { LOAD_SHAPE } from '../../../config/load-rules';
import { RESTORE_SHAPE } from '../../../config/restore-rules';
import { projectJsonSchema } from '../../../config/schema-keys';
import type { Output } from '../print/output';
import { SCHEMA_NAMES, type SchemaName } from './schema-names';
import { tableLines } from '../print/table';

type JsonSchema = Record<string, unknown>;

export interface NamedSchema {
  /** `configs/<name>.schema.json` of the package. */
  readonly name: SchemaName;
  readonly title: string;
  /** Which file or input it is for. */
  readonly describes: string;
  readonly make: () => JsonSchema;
}

const ofInput = (schema: z.ZodType) => (): JsonSchema => z.toJSONSchema(schema, { io: 'input' });

const BY_NAME: Readonly<Record<SchemaName, Omit<NamedSchema, 'name'>>> = {
  project: { title: 'Longhaul project', describes: 'configs/<project>/config.json', make: projectJsonSchema },
  restore: {
    title: 'Longhaul restore',
    describes: 'configs/restore.json, restore.yaml',
    make: () => RESTORE_SHAPE.jsonSchema(),
  },
  load: { title: 'Longhaul load', describes: 'configs/load.json', make: () => LOAD_SHAPE.jsonSchema() },
  parameters: {
    title: 'Longhaul ingest list',
    describes: 'config/parameters.json in the bucket of an ingest',
    make: ofInput(parametersSchema),
  },
  catalogue: {
    title: 'Longhaul catalogue',
    describes: 'a catalogue of restores in a JSON file',
    make: ofInput(catalogueSchema),
  },
  'transfer-event': {
    title: 'Longhaul transfer event',
    describes: 'messages on the queues of the bridge',
    make: transferEventJsonSchema,
  },
  'export-input': {
    title: 'Input of exportToS3',
    describes: '--input of temporal workflow start and of schedules',
    make: ofInput(exportInputSchema),
  },
  'ingest-input': {
    title: 'Input of ingestUrls',
    describes: 'the same for an ingest',
    make: ofInput(ingestInputSchema),
  },
  'restore-input': {
    title: 'Input of restoreFiles',
    describes: 'the same for a restore',
    make: ofInput(restoreInputSchema),
  },
  'load-input': {
    title: 'Input of loadToPostgres',
    describes: 'the same for a load',
    make: ofInput(loadInputSchema),
  },
  'janitor-input': {
    title: 'Input of cleanUp',
    describes: 'the same for the janitor',
    make: ofInput(janitorInputSchema),
  },
};

export const SCHEMAS: readonly NamedSchema[] = SCHEMA_NAMES.map((name) => ({ name, ...BY_NAME[name] }));

/** With its title first, as it stands in the file of the package. */
export const schemaDocument = ({ title, make }: Omit<NamedSchema, 'name'>): JsonSchema => ({ title, ...make() });

/** Prints one schema, or the names of all. */
export const showSchema = (output: Output, name: SchemaName | undefined): void => {
  if (name === undefined) {
    const list = SCHEMAS.map((schema) => ({
      name: schema.name,
      describes: schema.describes,
      file: `configs/${schema.name}.schema.json`,
    }));
    output.data(list, (rows) =>
      tableLines(
        [
          { title: 'Name', cell: (row) => row.name },
          { title: 'Of', cell: (row) => row.describes },
        ],
        rows,
      ).join('\n'),
    );
    return;
  }
  output.data(schemaDocument(BY_NAME[name]), (schema) => JSON.stringify(schema, null, 2));
};
