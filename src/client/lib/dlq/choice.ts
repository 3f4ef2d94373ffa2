/** Which messages of the dead-letter queue a command is about. */
import type { DeadLetter, DlqReader, HeldLetter } from '../../../bridge/dlq-letter';
import { eventIdOf } from '../../../bridge/dlq-letter';
import { LonghaulError } from '../../../model/errors';

/** Options of `longhaul dlq replay` and `purge`. */
export interface LetterChoice {
  readonly id?: readonly string[];
  readonly eventId?: readonly string[];
  readonly all?: boolean;
  readonly dryRun?: boolean;
}

/** Throws InvalidInput unless exactly one way to choose is given. */
export const checkChoice = ({ id, eventId, all }: LetterChoice): void => {
  const given = [id !== undefined, eventId !== undefined, all === true].filter(Boolean).length;
  if (given !== 1) throw new LonghaulError('InvalidInput', 'Give one of --id, --event-id or --all.');
};

const isChosen = ({ id, eventId, all }: LetterChoice, letter: DeadLetter): boolean => {
  if (all === true || id?.includes(letter.id) === true) return true;
  const own = eventId === undefined ? null : eventIdOf(letter);
  return own !== null && eventId?.some((wanted) => wanted.toLowerCase() === own) === true;
};

/** Most messages that are held at a time: a queue of SQS lets 120,000 be in flight, and others want to read it too. */
const MAX_HELD = 10_000;

/**
 * Gives each message of the queue to `visit` once, until it says `stop` or there are no more. A message that `visit` did not
 * take is given back at the end, whatever happens: nothing stays hidden for longer than the command runs.
 */
export const eachLetter = async (
  reader: DlqReader,
  visit: (letter: HeldLetter) => Promise<'taken' | 'left' | 'stop'> | 'taken' | 'left' | 'stop',
  batch = Infinity,
): Promise<void> => {
  const seen = new Set<string>();
  const left: HeldLetter[] = [];
  try {
    for (;;) {
      const letters = await reader.hold(Math.min(batch, MAX_HELD));
      // What was held for too long comes again: whoever sees only such has seen all.
      const fresh = letters.filter(({ id }) => !seen.has(id));
      left.push(...letters);
      if (fresh.length === 0) return;
      for (const letter of fresh) {
        seen.add(letter.id);
        const what = await visit(letter);
        if (what === 'taken') left.splice(left.indexOf(letter), 1);
        if (what === 'stop') return;
      }
      if (left.length >= MAX_HELD) return;
    }
  } finally {
    if (left.length > 0) await reader.release(left);
  }
};

/** As eachLetter, for those chosen alone. Throws DlqMessageNotFound where one that was named is not there. */
export const eachChosen = async (
  reader: DlqReader,
  choice: LetterChoice,
  visit: (letter: HeldLetter) => Promise<'taken' | 'left'>,
): Promise<void> => {
  const missing = new Set([...(choice.id ?? []), ...(choice.eventId ?? []).map((id) => id.toLowerCase())]);
  await eachLetter(reader, async (letter) => {
    if (!isChosen(choice, letter)) return 'left';
    missing.delete(letter.id);
    missing.delete(eventIdOf(letter) ?? '');
    const what = await visit(letter);
    // One event may lie there more than once; one id may not.
    const isDone = choice.id !== undefined && missing.size === 0;
    return isDone && what === 'left' ? 'stop' : what;
  });
  if (missing.size > 0) {
    throw new LonghaulError(
      'DlqMessageNotFound',
      `The ${reader.display} holds no message of ${[...missing].join(', ')}.`,
    );
  }
};
