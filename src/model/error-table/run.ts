/** Errors: the run. */
import { entry, type ErrorEntry } from './entry';

export const RUN_ERRORS = {
  RecordsFailed: entry(
    'run',
    false,
    'operator',
    'Some records failed.',
    'Read the report, mend the cause and start the run again; with on_error "wait", exports and ingests are repaired in place.',
  ),
  RunAborted: entry(
    'run',
    false,
    'operator',
    'The run was aborted by an operator.',
    'Nothing to do: the report says what was removed and what stays.',
  ),
  RunTimeout: entry(
    'run',
    false,
    'operator',
    'The run has reached its time limit.',
    'What was done stays. Start it again: only what is missing is moved. Raise max_run_hours if it needs longer.',
  ),
  RunNotFound: entry('run', false, 'operator', 'There is no such run.', 'List runs with: longhaul runs'),
  RunExists: entry(
    'run',
    false,
    'operator',
    'A run with this id is already there.',
    'Choose another --run-id, or watch the one that is there.',
  ),
  ActivityNotFound: entry(
    'run',
    false,
    'operator',
    'The run has no such activity now.',
    'See which are pending: longhaul activity list <run>',
  ),
  RunNotRunning: entry('run', false, 'operator', 'The run has ended.', 'Start a new run.'),
  ReportMissing: entry(
    'run',
    false,
    'operator',
    'The run has no report or ledger: it still goes on, or ended before there was anything to report.',
    'See how it stands, or how it has ended: longhaul status <run>',
  ),
  RowsNotVerifiable: entry(
    'usage',
    false,
    'operator',
    'longhaul verify compares objects and files with a ledger; a load has made rows of a table.',
    'longhaul report <run> says how many rows it has loaded and into which table: count those of the table, and compare. ' +
      'A load itself has compared the two before it showed its rows.',
  ),
  ScheduleNotFound: entry(
    'run',
    false,
    'operator',
    'There is no such schedule.',
    'List schedules with: longhaul schedule list',
  ),
  ScheduleExists: entry(
    'run',
    false,
    'operator',
    'A schedule with this id is already there.',
    'Choose another id, or delete the one that is there: longhaul schedule delete <id>',
  ),
  CleanupIncomplete: entry(
    'run',
    false,
    'operator',
    'Something the run had written could not be removed.',
    'The report lists it; remove it by hand or let the bucket’s lifecycle rule do it.',
  ),
  Cancelled: entry('cancelled', false, 'nobody', 'The run was cancelled.', 'Start it again when it is wanted.'),
} as const satisfies Record<string, ErrorEntry>;
