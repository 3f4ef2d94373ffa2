/** The documents of Shopify's bulk operations. Everything that varies travels as a variable, never in the text. */
import type { ShopifySettings } from '../config/provider-settings';

export const CHECK_DOCUMENT = 'query { shop { id } }';

export const CURRENT_DOCUMENT = 'query { currentBulkOperation(type: QUERY) { id status query } }';

/** By `node`, which all versions of the API have. */
export const GET_DOCUMENT =
  'query GetBulkOperation($id: ID!) { node(id: $id) { ... on BulkOperation { id status errorCode objectCount url } } }';

const RESULT = '{ bulkOperation { id status } userErrors { field message code } }';

export const createDocument = ({
  query,
  groupObjects,
}: ShopifySettings): { document: string; variables: Record<string, unknown> } =>
  // The argument is sent where it is asked for: its default differs between versions, and old ones lack it.
  groupObjects === null
    ? {
        document: `mutation BulkExport($query: String!) { bulkOperationRunQuery(query: $query) ${RESULT} }`,
        variables: { query },
      }
    : {
        document:
          'mutation BulkExport($query: String!, $groupObjects: Boolean!) ' +
          `{ bulkOperationRunQuery(query: $query, groupObjects: $groupObjects) ${RESULT} }`,
        variables: { query, groupObjects },
      };
