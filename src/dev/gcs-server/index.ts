/** A strict double of Google Cloud Storage for tests and development. */
export type { FaultMatch, GcsFault } from './faults';
export type { LoggedRequest } from './log';
export type { GcsOperation } from './route';
export { startGcsServer } from './server';
export type {
  GcsBucketOptions,
  GcsDenial,
  GcsEvent,
  GcsEventType,
  GcsGrant,
  GcsNotification,
  GcsObject,
  GcsPermission,
  GcsServer,
  GcsServerOptions,
} from './types';
