/** What an S3 ETag says about an object's bytes (Amazon S3 API Reference, "Object": ETag). */

export type ParsedEtag =
  /** Of an object that was put whole, unencrypted or under SSE-S3: the MD5 of its bytes. */
  | { readonly kind: 'md5'; readonly hex: string }
  /** Of a multipart upload: the MD5 of the joined binary MD5s of its parts, and how many there were. */
  | { readonly kind: 'multipart'; readonly hex: string; readonly parts: number }
  /** Under SSE-KMS and SSE-C, and on some compatible stores: only the name of a version. */
  | { readonly kind: 'opaque' };

/** S3's own most. */
const MAX_ETAG_PARTS = 10_000;

/** Without the quotes of HTTP and a weak mark. */
export const bareEtag = (text: string): string =>
  text
    .trim()
    .replace(/^W\//, '')
    .replace(/^"(.*)"$/, '$1');

/**
 * Quotes are optional and case does not matter; the hex that comes back is lower case. An object under SSE-KMS may have an
 * ETag that looks like an MD5 and is none: then no bytes match it, and only an S3 checksum can tell.
 */
export function parseEtag(text: string): ParsedEtag {
  const match = /^([0-9a-f]{32})(?:-([1-9][0-9]{0,4}))?$/i.exec(bareEtag(text));
  const hex = match?.[1]?.toLowerCase();
  if (hex === undefined) return { kind: 'opaque' };
  if (match?.[2] === undefined) return { kind: 'md5', hex };
  const parts = Number(match[2]);
  return parts > MAX_ETAG_PARTS ? { kind: 'opaque' } : { kind: 'multipart', hex, parts };
}

const MIB = 1024 * 1024;
const MB = 1000 * 1000;
const KNOWN_MIB = [5, 8, 10, 15, 16, 20, 25, 32, 50, 64, 100, 128, 250, 256, 500, 512, 1000, 1024];
const KNOWN_MB = [5, 8, 10, 16, 50, 100, 500, 1000];
/** The defaults of the tools that people upload with: the AWS CLI and SDKs, s3cmd, rclone, boto3, Cyberduck, MinIO. */
const WELL_KNOWN_BYTES = [...KNOWN_MIB.map((size) => size * MIB), ...KNOWN_MB.map((size) => size * MB)];

/**
 * The part sizes in bytes that an object of `sizeBytes` in `parts` parts may have been uploaded with, best first and each
 * once: the configured one, the well-known ones, the smallest whole MiB; of these, only those that give just that many
 * parts. One part is the whole object whatever the size was. At most 28; empty where none fits.
 */
export function multipartChunkSizes(sizeBytes: number, parts: number, configuredBytes: number): number[] {
  if (parts === 1) return [Math.max(1, sizeBytes)];
  const smallestWholeMib = Math.ceil(sizeBytes / parts / MIB) * MIB;
  const candidates = [configuredBytes, ...WELL_KNOWN_BYTES, smallestWholeMib];
  return [...new Set(candidates)].filter((chunk) => chunk > 0 && Math.ceil(sizeBytes / chunk) === parts);
}
