import { Argument, type Command } from 'commander';
import { defineCommand } from '../lib/command/command';
import { heavy } from '../lib/heavy';
import { outputOf } from '../lib/print/output';
import { SCHEMA_NAMES, type SchemaName } from '../lib/help/schema-names';

/** `longhaul schema [name]` */
export const register = (program: Command): void => {
  const command = defineCommand(program, {
    usage: 'schema',
    description: 'print the JSON Schema of a config file or an input, for editors; without a name, list them',
    examples: ['longhaul schema', 'longhaul schema project > project.schema.json'],
  }).addArgument(new Argument('[name]', 'which one').choices(SCHEMA_NAMES));
  command.action((name: SchemaName | undefined) => heavy.schemas().showSchema(outputOf(command), name));
};
