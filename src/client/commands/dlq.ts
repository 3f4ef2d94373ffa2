import type { Command } from 'commander';
import { parseWholeNumber } from '../lib/command/arguments';
import { defineCommand } from '../lib/command/command';
import type { LetterChoice } from '../lib/dlq/choice';
import { heavy } from '../lib/heavy';
import { outputOf } from '../lib/print/output';

/** Enough to see what is wrong, few enough to read. */
const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000_000;

const limit = (text: string): number => parseWholeNumber('--limit', text, 1, MAX_LIMIT);

const chooses = (command: Command, verb: string): Command =>
  command
    .option('--id <id...>', `${verb} the messages with these ids, as dlq list shows them`)
    .option('--event-id <id...>', `${verb} the messages of these events`)
    .option('--all', `${verb} all messages`)
    .option('--dry-run', 'only say what would be done');

const registerList = (group: Command): void => {
  const command = defineCommand(group, {
    usage: 'list',
    description: 'what lies in the dead-letter queue, without taking it out',
    examples: ['longhaul dlq list', 'longhaul dlq list --all --json'],
  })
    .option('--limit <n>', `at most so many messages (default: ${DEFAULT_LIMIT})`, limit)
    .option('--all', 'all messages');
  command.action((options: { limit?: number; all?: boolean }) =>
    heavy.dlq().listLetters(outputOf(command), options.all === true ? MAX_LIMIT : (options.limit ?? DEFAULT_LIMIT)),
  );
};

const registerShow = (group: Command): void => {
  const command = defineCommand(group, {
    usage: 'show <id>',
    description: 'one message, by its id or the id of its event, as it lies there',
    examples: ['longhaul dlq show 550e8400-e29b-41d4-a716-446655440000'],
  });
  command.action((id: string) => heavy.dlq().showLetter(outputOf(command), id));
};

const registerReplay = (group: Command): void => {
  const command = chooses(
    defineCommand(group, {
      usage: 'replay',
      description: 'start transfers again; each message is deleted once its transfer is started',
      examples: [
        'longhaul dlq replay --event-id 550e8400-e29b-41d4-a716-446655440000',
        'longhaul dlq replay --all --dry-run',
        'longhaul dlq replay --id 5e1f7a0c-4b1e-4f7e-9a55-0d1c7f0a9b11 --event corrected.json',
      ],
    }),
    'replay',
  ).option('--event <file>', 'start this event instead of what the one chosen message holds');
  command.action((options: LetterChoice & { event?: string }) =>
    heavy.dlq().replayLetters(outputOf(command), options, options.event),
  );
};

const registerPurge = (group: Command): void => {
  const command = chooses(
    defineCommand(group, {
      usage: 'purge',
      description: 'delete messages for good, without replaying them',
      examples: [
        'longhaul dlq purge --id 5e1f7a0c-4b1e-4f7e-9a55-0d1c7f0a9b11 --yes',
        'longhaul dlq purge --all --dry-run',
      ],
    }),
    'delete',
  ).option('--yes', 'really delete them');
  command.action((options: LetterChoice & { yes?: boolean }) =>
    heavy.dlq().purgeLetters(outputOf(command), options, options.yes === true),
  );
};

/** `longhaul dlq …` */
export const register = (program: Command): void => {
  const group = defineCommand(program, {
    usage: 'dlq',
    description: 'read, replay and purge the dead-letter queue of LONGHAUL_DLQ',
    examples: ['longhaul dlq list'],
  });
  registerList(group);
  registerShow(group);
  registerReplay(group);
  registerPurge(group);
};
