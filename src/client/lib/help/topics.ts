/** What `longhaul help <topic>` explains: pages of docs/, which the package holds, and the table of errors. */
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { ERRORS, type ErrorCode, EXIT_CODES, LonghaulError } from '../../../model/errors';
import { markdownText } from '../print/markdown';
import { repairOf } from './repair';

export interface Topic {
  readonly name: string;
  readonly about: string;
  /** Below docs/; absent: made from the table of errors. */
  readonly page?: string;
}

export const TOPICS: readonly Topic[] = [
  { name: 'exit-codes', about: 'what each exit code means, and its error codes' },
  { name: 'errors', about: 'every error code; longhaul help <code> says what to do' },
  { name: 'environment', about: 'variables of the worker and of this command', page: 'reference/environment.md' },
  { name: 'config', about: 'configs/<project>/config.json', page: 'reference/configuration.md' },
  { name: 'restore-config', about: 'configs/restore.json', page: 'reference/restore.md' },
  { name: 'load-config', about: 'configs/load.json', page: 'reference/load.md' },
  { name: 'install', about: 'the package, completion, schemas for editors', page: 'guide-install.md' },
  { name: 'exporting', about: "a vendor's bulk export into S3", page: 'guide-export.md' },
  { name: 'ingesting', about: 'files from HTTP into dated keys', page: 'guide-ingest.md' },
  { name: 'restoring', about: 'backups from S3 to disk', page: 'guide-restore.md' },
  { name: 'events', about: 'objects between S3 and GCS, on events', page: 'guide-bridge.md' },
  { name: 'loading', about: 'files into Postgres', page: 'guide-load.md' },
  { name: 'providers', about: 'how to add an export provider', page: 'guide-provider.md' },
  { name: 'schedules', about: 'jobs at set times, past days', page: 'guide-schedules.md' },
  { name: 'operating', about: 'see, check and tidy up runs', page: 'guide-operate.md' },
  { name: 'encryption', about: 'encrypted payloads, their keys, the codec server', page: 'guide-encryption.md' },
  { name: 'operations', about: 'workers, memory, health, deployments', page: 'operations.md' },
  { name: 'upgrades', about: 'new versions of workers while runs go on', page: 'guide-upgrade.md' },
  { name: 'runbook', about: 'what to do when a run fails', page: 'runbook.md' },
  { name: 'iam', about: 'the rights that a worker needs', page: 'iam.md' },
  { name: 'limits', about: 'what it does not do', page: 'limits.md' },
];

/** The same three levels up from src/client/lib and from dist/client/lib. */
const DOCS = path.resolve(__dirname, '..', '..', '..', '..', 'docs');

const codesOf = (kind: string): ErrorCode[] =>
  (Object.keys(ERRORS) as ErrorCode[]).filter((code) => ERRORS[code].kind === kind);

const exitCodesPage = (): string => {
  const rows = Object.entries(EXIT_CODES).map(([kind, exit]) => {
    const codes = codesOf(kind);
    return `| ${exit} | ${kind}${codes.length === 0 ? '' : `: ${codes.join(', ')}`} |`;
  });
  return ['# Exit codes', '', '| Exit code | Errors |', '| --- | --- |', '| 0 | success |', ...rows].join('\n');
};

const errorsPage = (): string => {
  const codes = Object.keys(ERRORS) as ErrorCode[];
  const rows = codes.map((code) => `| ${code} | ${EXIT_CODES[ERRORS[code].kind]} | ${ERRORS[code].meaning} |`);
  return [
    '# Errors',
    '',
    'What to do about one, and the commands that find or mend it: longhaul help &lt;code&gt;',
    '',
    '| Code | Exit code | Meaning |',
    '| --- | --- | --- |',
    ...rows,
  ].join('\n');
};

/** One entry of the runbook. */
export const codePage = (code: ErrorCode): string => {
  const { kind, retryable, meaning, hint } = ERRORS[code];
  const again = retryable ? 'tried again by itself' : 'not tried again';
  const steps = repairOf(code).map(({ command, why }) => [`# ${why}`, `$ ${command}`].join('\n'));
  return [
    // A smaller heading keeps its letters as they are.
    `### ${code}`,
    `${meaning} Exit code ${EXIT_CODES[kind]}, ${again}.`,
    `**What to do.** ${hint}`,
    ['```', ...steps, '```'].join('\n'),
  ].join('\n\n');
};

const readPage = (page: string): string => {
  try {
    return readFileSync(path.join(DOCS, page), 'utf8');
  } catch (error) {
    throw new LonghaulError('InvalidInput', `This installation lacks the page docs/${page}.`, {}, { cause: error });
  }
};

/** The topic as Markdown. Throws InvalidInput where the page is not there, as in an installation without docs/. */
export const topicPage = ({ name, page }: Topic): string => {
  if (page !== undefined) return readPage(page);
  return name === 'errors' ? errorsPage() : exitCodesPage();
};

/** For a terminal of so many columns. */
export const pageText = (page: string, columns = 100): string => markdownText(page, columns);
