/** Further namespaces of the embedded Temporal server, so that tests and trials do not see each other's runs. */
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { searchAttributeValues } from '../model/names';

/** How long the server keeps closed runs of such a namespace. */
const RETENTION = '1 day';

/** Creates the namespace with the search attributes of Longhaul; it can be used at once. */
export const createNamespace = async (address: string, namespace: string): Promise<void> => {
  const connection = await Connection.connect({ address });
  try {
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: msToTs(RETENTION),
    });
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: searchAttributeValues() });
  } finally {
    await connection.close();
  }
};
