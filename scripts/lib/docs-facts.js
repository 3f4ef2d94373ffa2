/**
 * What the generated pages are made from, gathered from the modules of the code. `load` gives a module by its path without
 * an ending: those of dist/ for scripts/docs.mjs, those of src/ for the unit test.
 */
'use strict';

const factsOf = (load) => {
  const { configKeys, configSections } = load('config/schema-keys');
  const { NOT_OVERRIDABLE } = load('config/overrides');
  const { RESTORE_SHAPE, restoreNotOverridable } = load('config/restore-rules');
  const { loadKeys } = load('config/load-rules');
  const { SCHEMAS, schemaDocument } = load('client/lib/help/schemas');
  const { ERRORS, EXIT_CODES } = load('model/errors');
  return {
    sections: configSections(),
    keys: configKeys(),
    notOverridable: NOT_OVERRIDABLE,
    restore: {
      sections: RESTORE_SHAPE.sections(),
      keys: RESTORE_SHAPE.keys(),
      notOverridable: restoreNotOverridable(),
    },
    load: { keys: loadKeys() },
    schemas: SCHEMAS.map((schema) => ({ name: schema.name, document: schemaDocument(schema) })),
    errors: ERRORS,
    exitCodes: EXIT_CODES,
    variables: load('config/environment').ENVIRONMENT_VARIABLES,
  };
};

module.exports = { factsOf };
