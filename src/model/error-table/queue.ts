/** Errors: the queues that the bridge reads and the dead-letter queue that operators read. */
import { entry, type ErrorEntry } from './entry';

export const QUEUE_ERRORS = {
  QueueNotFound: entry(
    'config',
    true,
    'operator',
    'A queue, topic or subscription does not exist.',
    'Create it, or correct the variable that names it; the bridge goes on by itself once it is there.',
  ),
  QueueAccessDenied: entry(
    'access',
    true,
    'operator',
    'The worker may not use a queue, topic or subscription.',
    'Give its identity the permissions of docs/guide-bridge-operations.md; the bridge goes on by itself then.',
  ),
  QueueUnreachable: entry(
    'unreachable',
    true,
    'operator',
    'SQS or Pub/Sub does not answer.',
    'Nothing is lost: it is tried until the service answers. Check the network and the endpoint.',
  ),
  QueueRefused: entry(
    'destination',
    true,
    'operator',
    'SQS or Pub/Sub refuses a request.',
    'Read what the service says in the message.',
  ),
  DlqMessageNotFound: entry(
    'usage',
    false,
    'operator',
    'The dead-letter queue holds no such message.',
    'List them with: longhaul dlq list. A message that somebody else reads just now is hidden for some seconds.',
  ),
  BridgeBusy: entry(
    'unreachable',
    true,
    'nobody',
    'As many transfers are open as the bridge may open.',
    'Send the event again later, or raise LONGHAUL_BRIDGE_MAX_OPEN_TRANSFERS.',
  ),
} as const satisfies Record<string, ErrorEntry>;
