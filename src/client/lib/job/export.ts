/** `exportToS3` for the CLI. */
import { ApplicationFailure } from '@temporalio/common';
import { loadProject } from '../../../config/project';
import type { ProjectConfig } from '../../../config/types';
import { LonghaulError } from '../../../model/errors';
import type { ExportInput, ExportResult } from '../../../model/export-run';
import { WORKFLOWS } from '../../../model/names';
import { validateExportInput } from '../../../workflows/lib/job/validate-input';
import { readBucketReport } from './bucket-report';
import { formatBytes, formatCount, formatDuration, formatRate, plural } from '../print/format';
import type { Job } from './job';

/** The workflow's own check: it throws as workflows do, which here is the fault of who typed it. */
const check = (input: unknown): ExportInput => {
  try {
    return validateExportInput(input);
  } catch (error) {
    if (!(error instanceof ApplicationFailure)) throw error;
    throw new LonghaulError('InvalidInput', `${error.message}.`);
  }
};

const resultText = (workflowId: string, result: ExportResult): string => {
  const rate = result.seconds > 0 ? `, ${formatRate(result.bytes / result.seconds)}` : '';
  const outcomes = (['transferred', 'copied', 'skipped', 'failed', 'aborted'] as const)
    .filter((outcome) => result[outcome] > 0)
    .map((outcome) => `${formatCount(result[outcome])} ${outcome}`);
  return [
    `run        ${workflowId} (completed)`,
    `records    ${formatCount(result.records)}${outcomes.length === 0 ? '' : ` (${outcomes.join(', ')})`}`,
    `objects    ${plural(result.objects, 'object')}`,
    `bytes      ${formatBytes(result.bytes)} in ${formatDuration(result.seconds * 1000)}${rate}`,
    ...(result.resentBytes > 0 ? [`sent again ${formatBytes(result.resentBytes)}`] : []),
    `report     ${result.report}`,
    `manifest   ${result.manifest}`,
  ].join('\n');
};

const storeOf = ({ project, set }: ExportInput): ProjectConfig => loadProject(project, { set });

export const exportJob: Job<ExportInput, ExportResult> = {
  word: 'export',
  workflow: WORKFLOWS.exportToS3,
  subject: { field: 'project', option: 'project', flag: '--project' },
  check,
  subjectOf: ({ project }) => project,
  projectOf: ({ project }) => project,
  summary({ project, records, recordsUri, export: type = 'vulnerability' }) {
    const given = records !== undefined || recordsUri !== undefined;
    return `${given ? 'Given records' : `${type} export`} of ${project} to S3`;
  },
  resultText,
  shortfall: ({ failed, records }) =>
    failed === 0
      ? undefined
      : `${formatCount(failed)} of ${plural(records, 'record')} failed, within what is tolerated.`,
  storeOf,
  readReport: (run, json) => readBucketReport(run, json, () => storeOf(run.input)),
};
