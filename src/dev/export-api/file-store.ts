/** What the file host serves: sample files by URL path, each with a version that can change while it runs. */
import { createHash } from 'node:crypto';
import type { SampleFile } from './types';

const encodePath = (path: string): string => path.split('/').map(encodeURIComponent).join('/');

/** A group is the first segment of the path: the export type at the Rapid7 sample. */
export const urlPathOf = (group: string, file: SampleFile): string =>
  `/${group}/${encodePath(file.dataset)}/${encodePath(file.path)}`;

/** Files below it are for everybody: no signature is asked for. */
const PUBLIC_FOLDER = '/csv/';
export const publicPathOf = (file: Pick<SampleFile, 'path'>): string => PUBLIC_FOLDER + encodePath(file.path);
export const isPublicPath = (path: string): boolean => path.startsWith(PUBLIC_FOLDER);

export interface ServedFile {
  readonly file: SampleFile;
  readonly version: number;
  readonly etag: string;
  /** An HTTP date. */
  readonly lastModified: string;
}

export class FileStore {
  readonly #byGroup = new Map<string, readonly SampleFile[]>();
  readonly #byPath = new Map<string, SampleFile>();
  readonly #versions = new Map<string, number>();

  set(group: string, files: readonly SampleFile[]): void {
    for (const old of this.of(group)) this.#byPath.delete(urlPathOf(group, old));
    this.#byGroup.set(group, files);
    for (const file of files) this.#byPath.set(urlPathOf(group, file), file);
  }

  /** Serves these below `/csv/`, beside what is there. */
  publish(files: readonly SampleFile[]): void {
    for (const file of files) this.#byPath.set(publicPathOf(file), file);
  }

  of(group: string): readonly SampleFile[] {
    return this.#byGroup.get(group) ?? [];
  }

  /** @param path as in the URL: percent-encoded. */
  get(path: string): ServedFile | undefined {
    const file = this.#byPath.get(path);
    if (file === undefined) return undefined;
    const version = this.#versions.get(path) ?? 1;
    const identity = JSON.stringify([path, file.sizeBytes, file.content, version]);
    const etag = `"${createHash('sha256').update(identity).digest('hex').slice(0, 32)}"`;
    // A date per version, a fixed one so that two processes that serve the same set agree.
    const lastModified = new Date(Date.UTC(2026, 4, 7, 13, 50, version)).toUTCString();
    return { file, version, etag, lastModified };
  }

  changeVersion(suffix: string): void {
    const paths = [...this.#byPath.keys()].filter((path) => path.endsWith(suffix));
    if (paths.length === 0) throw new Error(`No sample file ends with ${suffix}`);
    for (const path of paths) this.#versions.set(path, (this.#versions.get(path) ?? 1) + 1);
  }
}
