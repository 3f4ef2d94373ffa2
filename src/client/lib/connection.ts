/** The Temporal client of one command. */
import { Client, Connection, isGrpcServiceError } from '@temporalio/client';
import { readPayloadKeys } from '../../config/payload-keys';
import { temporalConnection } from '../../config/temporal';
import { LonghaulError } from '../../model/errors';
import { clientDataConverter } from '../../ops/data-converter';
import { tracingOf } from '../../ops/tracing-switch';
import { describeFailure } from './print/failure';

/** Long enough for a slow handshake across continents, short enough for somebody who waits at a prompt. */
const CONNECT_TIMEOUT_MS = 5_000;

/** For calls that the server answers by itself. The SDK would retry an absent server for about a minute. */
export const CALL_TIMEOUT_MS = 10_000;

const TRACE_EXPORT_TIMEOUT_MS = 1_500;

export interface TemporalSession {
  readonly client: Client;
  readonly connection: Connection;
  readonly address: string;
  readonly namespace: string;
  close(): Promise<void>;
}

/**
 * Connects to the server that TEMPORAL_* or the profile names.
 * Throws TemporalUnreachable with the address, ConfigInvalid where its settings cannot be used; the namespace is checked by the first call that uses it.
 */
export const connectTemporal = async (): Promise<TemporalSession> => {
  const { connectionOptions, namespace, address } = temporalConnection();
  const dataConverter = clientDataConverter();
  // A command waits for nobody but Temporal: spans that cannot be sent within this time are lost.
  const tracing = tracingOf(() => ({
    tellsErrors: readPayloadKeys().current === null,
    onExportFailed: () => undefined,
    exportTimeoutMs: TRACE_EXPORT_TIMEOUT_MS,
  }));
  const connection = Connection.lazy({ ...connectionOptions, connectTimeout: CONNECT_TIMEOUT_MS });
  try {
    await connection.ensureConnected();
  } catch (error) {
    await connection.close();
    const cause = error instanceof Error && isGrpcServiceError(error.cause) ? describeFailure(error).message : '';
    const message = `The Temporal server at ${address} cannot be reached${cause === '' ? '' : ` (${cause})`}.`;
    throw new LonghaulError('TemporalUnreachable', message);
  }
  return {
    client: new Client({
      connection,
      namespace,
      dataConverter,
      ...(tracing === null ? {} : { interceptors: { workflow: tracing.clientInterceptors } }),
    }),
    connection,
    address,
    namespace,
    close: async () => {
      await connection.close();
      await tracing?.flush();
    },
  };
};

/** Connects, does the work and closes the connection, whatever happens: an open one would keep the process alive. */
export const withTemporal = async <T>(work: (session: TemporalSession) => Promise<T>): Promise<T> => {
  const session = await connectTemporal();
  try {
    return await work(session);
  } finally {
    await session.close();
  }
};

/** Every gRPC call made within `work` ends by the deadline. */
export const withinMs = <T>(client: Client, timeoutMs: number, work: () => Promise<T>): Promise<T> =>
  client.connection.withDeadline(Date.now() + timeoutMs, work);
