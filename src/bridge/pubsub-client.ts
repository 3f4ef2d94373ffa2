/** The client of Pub/Sub. Credentials: Application Default Credentials; an emulator: PUBSUB_EMULATOR_HOST. */
import { PubSub } from '@google-cloud/pubsub';
import { usesPubsubEmulator } from '../config/bridge';

/** `projects/<project>/topics/<name>` → `<project>`. */
const projectOf = (resource: string): string => resource.split('/')[1] ?? '';

/** `projects/<project>/topics/<name>` → `<name>`, for logs and messages. */
export const resourceName = (resource: string): string => resource.split('/').at(-1) ?? resource;

/**
 * For an emulator: without it the client looks for credentials to learn the universe of, on a metadata server that is not
 * there, which takes seconds and prints a warning.
 */
const EMULATED = { clientOptions: { universeDomain: 'googleapis.com' } };

/** Call close() on it. The project is that of the resource: credentials may belong to another one. */
export const createPubsubClient = (resource: string): PubSub =>
  new PubSub({ projectId: projectOf(resource), ...(usesPubsubEmulator() ? EMULATED : {}) });
