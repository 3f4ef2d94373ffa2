/** The dead-letter queue of a target. The clients are loaded when one is made: a worker without any does without them. */
import { createRequire } from 'node:module';
import type { DeadLetterConfig } from '../config/bridge';
import type { DlqReader } from './dlq-letter';
import type * as PubsubModule from './dlq-pubsub';
import type * as SqsModule from './dlq-sqs';
import type { DeadLetterQueue } from './types';

const load = createRequire(__filename);

/** Makes no request. Call close() when it is no longer needed: connections keep a process alive. */
export const createDeadLetterQueue = ({ target, subscription }: DeadLetterConfig): DeadLetterQueue & DlqReader => {
  switch (target.kind) {
    case 'sqs': {
      const { SqsDeadLetterQueue } = load('./dlq-sqs') as typeof SqsModule;
      return new SqsDeadLetterQueue(target);
    }
    case 'pubsub': {
      const { PubsubDeadLetterQueue } = load('./dlq-pubsub') as typeof PubsubModule;
      return new PubsubDeadLetterQueue({ topic: target.topic, subscription });
    }
  }
};
