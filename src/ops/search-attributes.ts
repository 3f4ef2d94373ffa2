/** The search attributes that Longhaul's workflows set: without them a workflow task would fail for ever. */
import type { Client } from '@temporalio/client';
import { LonghaulError } from '../model/errors';
import { SEARCH_ATTRIBUTE_TYPES, SEARCH_ATTRIBUTES, searchAttributeValues } from '../model/names';

const names = Object.values(SEARCH_ATTRIBUTES);

/** Those of our search attributes that the namespace lacks. */
async function missingSearchAttributes(client: Client, namespace: string): Promise<(typeof names)[number][]> {
  const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
  return names.filter((name) => !(name in customAttributes));
}

/**
 * Adds what is missing where the server lets us (a self-hosted one does, Temporal Cloud does not).
 * Throws SearchAttributesMissing with the commands to run.
 */
export async function ensureSearchAttributes(client: Client, namespace: string): Promise<void> {
  const missing = await missingSearchAttributes(client, namespace);
  if (missing.length === 0) return;
  try {
    await client.connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: searchAttributeValues(missing),
    });
  } catch (error) {
    // Another worker that starts at the same time may have just added them.
    if ((await missingSearchAttributes(client, namespace)).length === 0) return;
    const commands = missing.map(
      (name) =>
        `temporal operator search-attribute create --namespace ${namespace} --name ${name} --type ${SEARCH_ATTRIBUTE_TYPES[name].type}`,
    );
    throw new LonghaulError(
      'SearchAttributesMissing',
      `Namespace ${namespace} lacks search attributes; run: ${commands.join(' && ')}`,
      {},
      { cause: error },
    );
  }
}
