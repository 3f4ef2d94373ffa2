/** The body of `longhaul runs`. */
import { isGrpcServiceError } from '@temporalio/client';
import { LonghaulError } from '../../../model/errors';
import { withTemporal } from '../connection';
import { formatDuration } from '../print/format';
import { listRuns, type RunRow, type RunsPage } from './list';
import type { Output } from '../print/output';
import { type RunsFilter, runsQuery } from './query';
import { tableLines, type Column } from '../print/table';
import { type Colour, printable, styleFor, type Style } from '../print/terminal';

const GRPC_INVALID_ARGUMENT = 3;

export interface RunsOptions extends RunsFilter {
  readonly limit: number;
  readonly after?: string | undefined;
}

const COLOURS: Readonly<Record<string, Colour>> = {
  RUNNING: 'cyan',
  COMPLETED: 'green',
  FAILED: 'red',
  TERMINATED: 'red',
  TIMED_OUT: 'red',
  CANCELLED: 'yellow',
};

const columns = (style: Style): Column<RunRow>[] => [
  { title: 'RUN', cell: ({ workflowId }) => printable(workflowId) },
  { title: 'JOB', cell: ({ job }) => job },
  { title: 'PROJECT', cell: ({ project }) => printable(project ?? '-') },
  {
    title: 'STATUS',
    cell: ({ status }) => style(COLOURS[status] ?? 'dim', status.toLowerCase().replaceAll('_', '-')),
  },
  { title: 'STAGE', cell: ({ stage }) => stage ?? '-' },
  {
    title: 'FAILED',
    side: 'right',
    cell: ({ failedRecords }) => (failedRecords === null ? '-' : String(failedRecords)),
  },
  { title: 'STARTED', cell: ({ startedAt }) => startedAt.replace(/\.\d+Z$/, 'Z') },
  { title: 'TOOK', side: 'right', cell: ({ seconds }) => formatDuration(seconds * 1000) },
];

const codeOf = ({ code }: { readonly code: number }): number => code;

const isRefusal = (error: unknown): error is Error & { readonly details: string } =>
  isGrpcServiceError(error) && codeOf(error) === GRPC_INVALID_ARGUMENT;

/** The newest first. Throws InvalidInput where Temporal does not take the filter. */
export const showRuns = async (output: Output, options: RunsOptions): Promise<void> => {
  const query = runsQuery(options);
  const page = await withTemporal(({ client }) => listRuns(client, query, options.limit, options.after)).catch(
    (error: unknown) => {
      const cause = error instanceof Error && isRefusal(error.cause) ? error.cause : error;
      if (isRefusal(cause))
        throw new LonghaulError('InvalidInput', `Temporal refuses the filter ${query}: ${cause.details}.`);
      throw error;
    },
  );
  const text = ({ runs }: RunsPage): string =>
    runs.length === 0 ? 'No such run.' : tableLines(columns(styleFor(output.io.stdout)), runs).join('\n');
  output.data({ query, ...page }, text);
  if (page.next !== null) output.note(`There are more: the same command with --after ${page.next}`);
};
