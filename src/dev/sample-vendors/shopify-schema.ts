/** The part of the Admin API's schema that bulk operations take. */
import { buildSchema } from 'graphql';

export const shopifySchema = buildSchema(`
  type Query {
    shop: Shop!
    node(id: ID!): Node
    currentBulkOperation(type: BulkOperationType = QUERY): BulkOperation
  }
  type Mutation {
    bulkOperationRunQuery(query: String!, groupObjects: Boolean! = false): BulkOperationRunQueryPayload
  }
  interface Node { id: ID! }
  type Shop implements Node { id: ID! }
  enum BulkOperationType { QUERY MUTATION }
  enum BulkOperationStatus { CREATED RUNNING CANCELING CANCELED COMPLETED FAILED EXPIRED }
  enum BulkOperationErrorCode { ACCESS_DENIED INTERNAL_SERVER_ERROR TIMEOUT }
  enum BulkOperationUserErrorCode { INVALID LIMIT_REACHED OPERATION_IN_PROGRESS }
  scalar UnsignedInt64
  scalar URL
  type BulkOperation implements Node {
    id: ID!
    status: BulkOperationStatus!
    query: String!
    errorCode: BulkOperationErrorCode
    objectCount: UnsignedInt64!
    url: URL
    partialDataUrl: URL
  }
  type BulkOperationUserError { field: [String!] message: String! code: BulkOperationUserErrorCode }
  type BulkOperationRunQueryPayload { bulkOperation: BulkOperation userErrors: [BulkOperationUserError!]! }
`);
