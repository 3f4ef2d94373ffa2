/** What an operator can do with a run now: the Update that does it, the command, and what comes of it. Pure. */
import type { JobProgress } from './run';

export interface OperatorAction {
  /** A sentence in Markdown, with the Update and the command: for the Web UI. */
  readonly text: string;
  /** As it is typed: `longhaul pause my-run`. */
  readonly command: string;
}

export type OperatedState = Pick<JobProgress, 'job' | 'stage' | 'paused' | 'workflowId' | 'failures'> & {
  /** Whether it takes more orders than its end: a run of several raw files does not, nor does the transfer of an event. */
  readonly steers: boolean;
  /** Whether what is done stays when it is ended. */
  readonly keeps: boolean;
};

export function operatorActions(state: OperatedState): OperatorAction[] {
  const { job, stage, paused, workflowId, failures, steers, keeps } = state;
  const byUpdate = (update: string, what: string, args = '', argument = ''): OperatorAction => {
    const command = `longhaul ${kebab(update)} ${workflowId}${args}`;
    const withArgument = argument === '' ? '' : ` with \`${argument}\``;
    return { text: `Update \`${update}\`${withArgument}, or \`${command}\`, ${what}`, command };
  };
  const abort = (what: string): OperatorAction => {
    const command = `longhaul abort ${workflowId}`;
    const update = job === 'transferEvent' ? 'Request Cancellation' : 'Update `abort`, Request Cancellation';
    return { text: `${update} or \`${command}\` ${what}`, command };
  };
  const end = abort(`ends the run and ${keeps ? 'keeps what is done' : 'takes back what it has made'}`);
  switch (stage) {
    case 'parked': {
      const record = failures.at(-1)?.n ?? 7;
      return [
        byUpdate('retryFailed', 'moves the failed records again, after you have removed the cause'),
        byUpdate('skipRecord', 'gives one record up', ` ${record}`, `{"record": ${record}}`),
        end,
      ];
    }
    case 'transferring':
      if (!steers) return [end];
      return [
        paused
          ? byUpdate('resume', 'starts records again')
          : byUpdate('pause', 'starts no more records; those in flight end'),
        byUpdate('setMaxWorkers', 'changes how many move at once', ' 8', '{"maxWorkers": 8}'),
        byUpdate(
          'setMaxBytesPerSec',
          'limits how fast (`null`, `none`: not at all)',
          ' 10MB/s',
          '{"maxBytesPerSec": 10000000}',
        ),
        end,
      ];
    case 'publishing':
      return job === 'loadToPostgres' ? [end] : [];
    case 'preparing':
    case 'waiting':
    case 'exporting':
    case 'listing':
      return [abort('ends the run')];
    case 'cleaning':
    case 'reporting':
    case 'done':
      return [];
  }
}

/** Commands are named as the Updates are: setMaxWorkers, set-max-workers. */
const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
