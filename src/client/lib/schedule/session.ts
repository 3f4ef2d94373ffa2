/** Schedules in Temporal, with errors of the table. */
import { isGrpcServiceError, ScheduleClient, type ScheduleHandle, ScheduleNotFoundError } from '@temporalio/client';
import { LonghaulError } from '../../../model/errors';
import { CALL_TIMEOUT_MS, type TemporalSession, withinMs, withTemporal } from '../connection';

/** gRPC status code (grpc.io/docs/guides/status-codes): the request itself is wrong. */
const GRPC_INVALID_ARGUMENT = 3;
const codeOf = ({ code }: { readonly code: number }): number => code;

/**
 * The SDK turns some refusals of the server into a plain TypeError, which our own mistakes throw too, and hides the
 * others behind "Failed to create schedule". Here each keeps what the server says.
 */
class Schedules extends ScheduleClient {
  protected override rethrowGrpcError(error: unknown, fallback: string, scheduleId?: string): never {
    if (isGrpcServiceError(error) && codeOf(error) === GRPC_INVALID_ARGUMENT) {
      const said = error.details.replace(/\.$/, '');
      if (/search attribute/i.test(said)) {
        const hint = 'run `longhaul doctor`, which prints the commands that create them';
        throw new LonghaulError('SearchAttributesMissing', `Temporal refuses the schedule: ${said}; ${hint}.`);
      }
      throw new LonghaulError('InvalidInput', `Temporal refuses the schedule: ${said}.`);
    }
    return super.rethrowGrpcError(error, fallback, scheduleId);
  }
}

export interface ScheduleSession extends TemporalSession {
  readonly schedules: ScheduleClient;
}

export const withSchedules = <T>(work: (session: ScheduleSession) => Promise<T>): Promise<T> =>
  withTemporal((session) => {
    const { client, connection, namespace } = session;
    const dataConverter = client.options.loadedDataConverter;
    return work({ ...session, schedules: new Schedules({ connection, namespace, dataConverter }) });
  });

/** A few calls for one schedule, within one deadline. Throws ScheduleNotFound. */
export const onSchedule = <T>(id: string, work: (handle: ScheduleHandle) => Promise<T>): Promise<T> =>
  withSchedules(async ({ client, namespace, schedules }) => {
    try {
      return await withinMs(client, CALL_TIMEOUT_MS, () => work(schedules.getHandle(id)));
    } catch (error) {
      if (!(error instanceof ScheduleNotFoundError)) throw error;
      throw new LonghaulError('ScheduleNotFound', `There is no schedule "${id}" in the namespace "${namespace}".`);
    }
  });
