/** The API's side of the sample vendor: `POST /export/graphql`. */
import type { IncomingMessage } from 'node:http';
import { graphql, type ExecutionResult } from 'graphql';
import type { FaultBook } from './faults';
import { json, pause, readBody, type Reply } from './http';
import { operationOf, schema } from './schema';
import type { Stats } from './stats';

export const GRAPHQL_PATH = '/export/graphql';

export interface ApiState {
  readonly apiKey: string;
  readonly faults: FaultBook;
  readonly stats: Stats;
  readonly root: object;
  /** True where `result` of a finished export shall be one object instead of a list. */
  readonly objectResult: () => boolean;
}

interface GraphqlRequest {
  query: string;
  variables?: Record<string, unknown>;
  operationName?: string;
}

const parseRequest = (body: string): GraphqlRequest | undefined => {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && 'query' in value && typeof value.query === 'string'
      ? (value as GraphqlRequest)
      : undefined;
  } catch {
    return undefined;
  }
};

/** The vendor's JSON: errors as `{"errors":[{"message"}]}` with `data` only where there is some. */
const present = (result: ExecutionResult, objectResult: boolean): Reply => {
  if (result.errors !== undefined) {
    const errors = result.errors.map(({ message, extensions }) =>
      Object.keys(extensions).length === 0 ? { message } : { message, extensions },
    );
    // A document that was not executed has no `data` at all: 400, as GraphQL servers answer it.
    return json(result.data === undefined ? 400 : 200, { errors });
  }
  const data = structuredClone({ ...result.data }) as { export?: { result?: unknown } | null };
  // GraphQL itself cannot answer one object for a list; the vendor has been seen to.
  if (objectResult && Array.isArray(data.export?.result)) data.export.result = (data.export.result as unknown[])[0];
  return json(200, { data });
};

export const handleApi = async (state: ApiState, request: IncomingMessage): Promise<Reply> => {
  if (request.method !== 'POST') return json(405, { message: 'Method Not Allowed' });
  if (request.headers['x-api-key'] !== state.apiKey) return json(401, { message: 'Unauthorized' });
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
    return json(415, { message: 'Unsupported Media Type' });
  }
  const call = parseRequest(await readBody(request));
  if (call === undefined) return json(400, { message: 'The body must be JSON with a "query"' });
  const operation = operationOf(call.query);
  state.stats.operations[operation] += 1;

  const fault = state.faults.takeApi(operation);
  if (fault?.delayMs !== undefined) await pause(fault.delayMs);
  if (fault?.reset === true) return 'break';
  if (fault?.errors !== undefined) {
    const errors = fault.errors.map(({ message, code }) => (code ? { message, extensions: { code } } : { message }));
    return json(fault.status ?? 200, { errors });
  }
  if (fault?.status !== undefined) {
    return { status: fault.status, headers: fault.headers ?? {}, body: fault.body ?? '' };
  }
  const result = await graphql({
    schema,
    source: call.query,
    rootValue: state.root,
    variableValues: call.variables ?? null,
    operationName: call.operationName ?? null,
  });
  return fault?.lostAnswer === true ? 'break' : present(result, state.objectResult());
};
