/** The status report of one restored raw file: a text that people and scripts have read for years, so its form is fixed. */
import type { Outcome } from '../model/records';
import { restoreStatus } from '../model/restore-run';
import { byPath } from './record';

export interface ReportedFile {
  readonly path: string;
  readonly outcome: Outcome;
  readonly bytes: number;
  /** From the first look at the file to its last. */
  readonly elapsedMs: number;
  /** Of a file that failed. */
  readonly error?: string | undefined;
}

export interface StatusReport {
  readonly rawFileId: string;
  readonly projectId: string;
  readonly bucket: string;
  readonly at: Date;
  /** Absolute path of the project's folder. */
  readonly destination: string;
  readonly files: readonly ReportedFile[];
}

const MIB = 1024 ** 2;

const pad = (number: number, digits = 2): string => String(number).padStart(digits, '0');
const dayOf = (at: Date): string[] => [pad(at.getUTCFullYear(), 4), pad(at.getUTCMonth() + 1), pad(at.getUTCDate())];
const timeOf = (at: Date): string[] => [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()].map((n) => pad(n));

/** A path or message is one line of the report, whatever is in it. */
const oneLine = (text: string): string =>
  text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, (match) => (/^[\s\p{Zl}\p{Zp}]+$/u.test(match) ? ' ' : '?'));

const wordOf = (file: ReportedFile): { isOk: boolean; text: string } => {
  switch (file.outcome) {
    case 'transferred':
    case 'copied': {
      const size = (file.bytes / MIB).toFixed(1);
      const seconds = (file.elapsedMs / 1000).toFixed(1);
      return { isOk: true, text: `OK - Downloaded and verified (${size} MB in ${seconds}s)` };
    }
    case 'skipped':
      return { isOk: true, text: 'OK - Skipped (already exists)' };
    case 'healed':
      return { isOk: true, text: 'OK - Self-healed (hash mismatch detected, re-downloaded)' };
    case 'failed':
      return { isOk: false, text: `FAILURE - ${oneLine(file.error ?? 'Unknown error')}` };
    case 'aborted':
      return { isOk: false, text: `FAILURE - ${oneLine(file.error ?? 'Cancelled')}` };
  }
};

/** `_download_status_<raw_file_id>_<YYYYmmdd_HHMMSS>.txt`, UTC. The id must be a valid one: it is not escaped. */
export const reportFileName = (rawFileId: string, at: Date): string =>
  `_download_status_${rawFileId}_${dayOf(at).join('')}_${timeOf(at).join('')}.txt`;

/** The text, with a line feed at its end. Files are sorted by path, MB are 1024², times UTC. */
export const statusReport = (report: StatusReport): string => {
  const lines = [...report.files].sort(byPath).map((file) => ({ path: file.path, ...wordOf(file) }));
  const successful = lines.filter(({ isOk }) => isOk).length;
  const failed = lines.length - successful;
  return [
    'S3 Download Status Report',
    '=========================',
    `Raw File ID: ${oneLine(report.rawFileId)}`,
    `Project ID: ${oneLine(report.projectId)}`,
    `S3 Bucket: ${report.bucket}`,
    `Timestamp: ${dayOf(report.at).join('-')} ${timeOf(report.at).join(':')} UTC`,
    `Destination: ${oneLine(report.destination)}`,
    '',
    'Files:',
    '------',
    ...lines.map(({ path, text }) => `${oneLine(path)}: ${text}`),
    '',
    'Summary:',
    '--------',
    `Total files: ${lines.length}`,
    `Successful: ${successful}`,
    `Failed: ${failed}`,
    `Status: ${restoreStatus({ successful, failed })}`,
    '',
  ].join('\n');
};
