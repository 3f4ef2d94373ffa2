/** Object events as Pub/Sub messages: https://cloud.google.com/storage/docs/pubsub-notifications */
import type { PubSub, Topic } from '@google-cloud/pubsub';
import { emulatedPubSub } from '../pubsub-server';
import type { GcsEvent, GcsNotification } from './types';

const TOPIC = /^projects\/([^/]+)\/topics\/([^/]+)$/;

const attributesOf = (event: GcsEvent, index: number): Record<string, string> => ({
  notificationConfig: `projects/_/buckets/${event.bucket}/notificationConfigs/${index + 1}`,
  eventType: event.eventType,
  payloadFormat: 'JSON_API_V1',
  bucketId: event.bucket,
  objectId: event.object,
  objectGeneration: event.generation,
  eventTime: event.eventTime,
  ...(event.overwroteGeneration === undefined ? {} : { overwroteGeneration: event.overwroteGeneration }),
});

/** Publishes in the background, as Google does: a write never waits for its notification. */
export class Notifier {
  readonly #clients: PubSub[] = [];
  readonly #topics = new Map<GcsNotification, Promise<Topic>>();
  readonly #pending = new Set<Promise<unknown>>();

  constructor(private readonly notifications: readonly GcsNotification[]) {}

  announce(event: GcsEvent): void {
    for (const [index, notification] of this.notifications.entries()) {
      const { bucket, eventTypes = ['OBJECT_FINALIZE'], objectNamePrefix = '' } = notification;
      if (bucket !== event.bucket || !eventTypes.includes(event.eventType)) continue;
      if (!event.object.startsWith(objectNamePrefix)) continue;
      const publishing = this.#topic(notification).then((topic) =>
        topic.publishMessage({ json: event.resource, attributes: attributesOf(event, index) }),
      );
      const settled = publishing.catch((error: unknown) => {
        process.stderr.write(`gcs: a notification to ${notification.topic} was not published: ${String(error)}\n`);
      });
      this.#pending.add(settled);
      void settled.then(() => this.#pending.delete(settled));
    }
  }

  /** Waits for what is under way and gives the connections up. */
  async close(): Promise<void> {
    await Promise.all(this.#pending);
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  #topic(notification: GcsNotification): Promise<Topic> {
    const known = this.#topics.get(notification);
    if (known !== undefined) return known;
    const [, projectId, name] = TOPIC.exec(notification.topic) ?? [];
    if (projectId === undefined || name === undefined) {
      return Promise.reject(new Error(`${notification.topic} is not projects/<project>/topics/<topic>`));
    }
    // Loaded late: it takes a second that a server without notifications need not spend.
    const opening = import('@google-cloud/pubsub').then(({ PubSub }) => {
      const client = new PubSub(emulatedPubSub(projectId, notification.emulatorHost));
      this.#clients.push(client);
      return client.topic(name);
    });
    this.#topics.set(notification, opening);
    return opening;
  }
}
