/**
 * Where a run keeps its own files, below `<control_prefix>/<run>/` of the target bucket (of the output folder, where bytes land on a disk):
 * run.json, manifest/page-00000.ndjson, manifest/record-<n>-page-00000.ndjson (objects of a prefix record),
 * staged/page-00000.ndjson, staged/record-<n>-page-00000.ndjson (what was made and can be taken back; removed at the end),
 * ledger/page-00000.ndjson, ledger.ndjson, report.json, report.txt, report.html.
 * Every file is written whole, so a reader sees the old one, the new one or none.
 */
import { LonghaulError } from '../../../model/errors';
import type { RecordSettings } from '../../../model/run';

const number = (n: number): string => String(n).padStart(5, '0');

export const PAGE_KINDS = ['manifest', 'staged', 'ledger'] as const;
export type PageKind = (typeof PAGE_KINDS)[number];

export class RunFiles {
  readonly root: string;

  constructor(settings: Pick<RecordSettings, 'controlPrefix' | 'run'>) {
    this.root = `${settings.controlPrefix}${settings.controlPrefix === '' ? '' : '/'}${settings.run}/`;
  }

  file(
    name: 'run.json' | 'ledger.ndjson' | 'report.json' | 'report.txt' | 'report.html' | 'manifest/manifest.json',
  ): string {
    return this.root + name;
  }

  folder(kind: PageKind): string {
    return `${this.root}${kind}/`;
  }

  page(kind: PageKind, page: number): string {
    return `${this.root}${kind}/page-${number(page)}.ndjson`;
  }

  /** A page of the objects of one prefix record. */
  recordPage(kind: PageKind, record: number, page: number): string {
    return `${this.root}${kind}/record-${number(record)}-page-${number(page)}.ndjson`;
  }
}

export const toNdjson = (lines: readonly unknown[]): string =>
  lines.map((line) => `${JSON.stringify(line)}\n`).join('');

/** Each line is trusted to be ours: these files are written by Longhaul alone, below its own control prefix. */
/** Throws FileMalformed, which names `file`, where a line is not JSON: somebody has written to the run's own files. */
export const fromNdjson = <T>(text: string, file: string): T[] =>
  text.split('\n').flatMap((line, index) => (line === '' ? [] : [jsonIn(line, file, index + 1) as T]));

/** Throws FileMalformed, which names the file and the line, where `text` is not JSON. */
export function jsonIn(text: string, file: string, line: number): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LonghaulError('FileMalformed', `${file} has no JSON in line ${line}`, { source: file, line }, { cause });
  }
}
