/** Whether two replies are of one version of a source (RFC 9110 section 8.8). */
import { LonghaulError } from '../model/errors';
import type { SourceVersion } from './types';

/** RFC 9110 section 8.8.2.2: a date is strong once it is at least a second older than the answer. */
const STRONG_AFTER_MS = 1_000;

export interface ValidatorHeaders {
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
  readonly date?: string | undefined;
}

/** A strong ETag, else a strong date where there is no ETag at all: a weak one says that equal bytes are not promised. */
export function strongValidator(headers: ValidatorHeaders): Pick<SourceVersion, 'etag' | 'lastModified'> {
  const { etag, lastModified, date } = headers;
  if (etag !== undefined) return /^"[^"]*"$/.test(etag) ? { etag } : {};
  if (lastModified === undefined || date === undefined) return {};
  const isStrong = Date.parse(date) - Date.parse(lastModified) >= STRONG_AFTER_MS;
  return isStrong ? { lastModified } : {};
}

/** True where parts may be read apart: whatever they are read from can be proven to be the same. */
export const isPinned = (version: SourceVersion): boolean =>
  version.sizeBytes !== undefined &&
  (version.etag !== undefined || version.lastModified !== undefined || version.generation !== undefined);

/** Throws SourceChanged unless `got` is provably `expected`. A date that is still the same counts even if it lost its strength. */
export function assertSameVersion(expected: SourceVersion, got: SourceVersion, display: string): void {
  const same =
    (expected.etag === undefined || expected.etag === got.etag) &&
    (expected.lastModified === undefined || expected.lastModified === got.lastModified) &&
    (expected.generation === undefined || expected.generation === got.generation) &&
    (expected.versionId === undefined || got.versionId === undefined || expected.versionId === got.versionId) &&
    (expected.sizeBytes === undefined || got.sizeBytes === undefined || expected.sizeBytes === got.sizeBytes);
  if (!same) {
    throw new LonghaulError('SourceChanged', `${display} changed while it was being moved`, { source: display });
  }
}
