/** `longhaul dlq`: what it does. */
import { readFileSync } from 'node:fs';
import { createDeadLetterQueue } from '../../../bridge/create-dlq';
import { type DeadLetter, type DlqReader, eventOf } from '../../../bridge/dlq-letter';
import { parseEventText } from '../../../bridge/event-schema';
import { startTransfer } from '../../../bridge/start-transfer';
import { type DeadLetterConfig, readDeadLetterConfig } from '../../../config/bridge';
import { EXIT_CODES, LonghaulError } from '../../../model/errors';
import { addressText, type TransferEvent } from '../../../model/transfer-event';
import { withTemporal } from '../connection';
import { checkChoice, eachChosen, eachLetter, type LetterChoice } from './choice';
import { plural } from '../print/format';
import { ExitWith, type Output } from '../print/output';

interface LetterSummary {
  readonly id: string;
  readonly sentAt: string | null;
  readonly eventId: string | null;
  readonly source: string | null;
  readonly destination: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly attempts: number | null;
  readonly failedAt: string | null;
  readonly workflowId: string | null;
  readonly runId: string | null;
}

const summaryOf = (letter: DeadLetter): LetterSummary => {
  const parsed = eventOf(letter);
  const { envelope } = letter;
  return {
    id: letter.id,
    sentAt: letter.sentAt?.toISOString() ?? null,
    eventId: parsed.ok ? parsed.event.eventId : parsed.eventId,
    source: parsed.ok ? addressText(parsed.event.source) : null,
    destination: parsed.ok ? addressText(parsed.event.destination) : null,
    error: envelope?.error ?? null,
    attempts: envelope?.attempts ?? null,
    failedAt: envelope?.failedAt ?? null,
    workflowId: envelope?.workflowId ?? null,
    runId: envelope?.runId ?? null,
  };
};

const summaryText = ({ id, eventId, source, destination, error, failedAt, sentAt }: LetterSummary): string =>
  [
    `${id}  ${failedAt ?? sentAt ?? 'time unknown'}  ${error?.code ?? 'not put here by Longhaul'}`,
    `  event ${eventId ?? 'none'}${source === null || destination === null ? '' : `: ${source} → ${destination}`}`,
    ...(error === null ? [] : [`  ${error.message}`]),
  ].join('\n');

/** Opens the queue of LONGHAUL_DLQ, does the work and closes it. Throws ConfigInvalid where none is configured. */
const withDlq = async (work: (reader: DlqReader, config: DeadLetterConfig) => Promise<void>): Promise<void> => {
  const config = readDeadLetterConfig();
  if (config === null) {
    const fix = 'set it to the URL of an SQS queue, or to projects/<project>/topics/<name>';
    throw new LonghaulError('ConfigInvalid', `LONGHAUL_DLQ is not set: ${fix}.`);
  }
  const reader = createDeadLetterQueue(config);
  try {
    await work(reader, config);
  } finally {
    await reader.close();
  }
};

export const listLetters = (output: Output, limit: number): Promise<void> =>
  withDlq(async (reader) => {
    const letters: LetterSummary[] = [];
    let more = false;
    await eachLetter(reader, (letter) => {
      more = letters.length >= limit;
      if (more) return 'stop';
      letters.push(summaryOf(letter));
      return 'left';
    });
    output.data({ queue: reader.display, letters, more }, () =>
      [
        ...letters.map(summaryText),
        `${plural(letters.length, 'message')} in the ${reader.display}${more ? ', and more (--all)' : ''}.`,
      ].join('\n'),
    );
  });

export const showLetter = (output: Output, id: string): Promise<void> =>
  withDlq(async (reader) => {
    let found: DeadLetter | null = null;
    await eachLetter(reader, (letter) => {
      if (letter.id !== id && summaryOf(letter).eventId?.toLowerCase() !== id.toLowerCase()) return 'left';
      found = letter;
      return 'stop';
    });
    const letter = found as DeadLetter | null;
    if (letter === null) {
      throw new LonghaulError('DlqMessageNotFound', `The ${reader.display} holds no message of ${id}.`);
    }
    const shown = {
      id: letter.id,
      sentAt: letter.sentAt?.toISOString() ?? null,
      message: letter.envelope ?? letter.text,
    };
    output.data(shown, (message) => JSON.stringify(message, null, 2));
  });

/** Reads and checks --event. Throws InvalidInput, EventInvalid. */
const readEventFile = (file: string): TransferEvent => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new LonghaulError('InvalidInput', `--event: ${file} cannot be read: ${(error as Error).message}.`);
  }
  const parsed = parseEventText(text);
  if (parsed.ok) return parsed.event;
  throw new LonghaulError('EventInvalid', `--event: ${file} is not a transfer event: ${parsed.problems.join('; ')}.`);
};

interface Replayed {
  readonly id: string;
  readonly eventId: string;
  readonly outcome: 'started' | 'duplicate' | 'would be started';
  readonly workflowId: string | null;
  readonly runId: string | null;
}

const replayText = (queue: string, replayed: readonly Replayed[], refused: readonly Refused[]): string => {
  const words = {
    started: 'started',
    duplicate: 'runs or has succeeded already',
    'would be started': 'would be started',
  };
  return [
    ...replayed.map(({ id, eventId, outcome }) => `${id}  event ${eventId}: ${words[outcome]}`),
    ...refused.map(({ id, problems }) => `${id}  stays: ${problems.join('; ')}`),
    `${plural(replayed.length, 'message')} of the ${queue} replayed, ${refused.length} left.`,
  ].join('\n');
};

interface Refused {
  readonly id: string;
  readonly problems: readonly string[];
}

/** Starts the transfers of the chosen messages. One that holds no event stays, and the command ends with exit code 2. */
export const replayLetters = (output: Output, choice: LetterChoice, file?: string): Promise<void> => {
  checkChoice(choice);
  const given = file === undefined ? null : readEventFile(file);
  const named = (choice.id ?? choice.eventId ?? []).length;
  if (given !== null && named !== 1) {
    throw new LonghaulError('InvalidInput', '--event replaces one message: name it with --id or --event-id.');
  }
  return withDlq((reader, { target }) =>
    withTemporal(async ({ client }) => {
      const replayed: Replayed[] = [];
      const refused: Refused[] = [];
      await eachChosen(reader, choice, async (letter) => {
        const parsed = given === null ? eventOf(letter) : ({ ok: true, event: given } as const);
        const { id } = letter;
        if (!parsed.ok) {
          refused.push({ id, problems: parsed.problems });
          return 'left';
        }
        const { eventId } = parsed.event;
        if (choice.dryRun === true) {
          replayed.push({ id, eventId, outcome: 'would be started', workflowId: null, runId: null });
          return 'left';
        }
        const started = await startTransfer(client, parsed.event, target);
        // Only now: should this fail, the message is replayed once more and found to be a duplicate.
        await reader.remove(letter);
        replayed.push({ id, eventId, ...started });
        return 'taken';
      });
      output.data({ queue: reader.display, replayed, left: refused }, () =>
        replayText(reader.display, replayed, refused),
      );
      if (refused.length > 0) throw new ExitWith(EXIT_CODES.usage);
    }),
  );
};

export const purgeLetters = (output: Output, choice: LetterChoice, isConfirmed: boolean): Promise<void> => {
  checkChoice(choice);
  const isDry = choice.dryRun === true;
  if (!isDry && !isConfirmed) {
    throw new LonghaulError('InvalidInput', 'This deletes messages for good: add --yes, or look first with --dry-run.');
  }
  return withDlq(async (reader) => {
    const purged: string[] = [];
    await eachChosen(reader, choice, async (letter) => {
      if (!isDry) await reader.remove(letter);
      purged.push(letter.id);
      return isDry ? 'left' : 'taken';
    });
    output.data({ queue: reader.display, purged, dryRun: isDry }, () =>
      [...purged, `${plural(purged.length, 'message')} ${isDry ? 'would be deleted' : 'deleted'}.`].join('\n'),
    );
  });
};
