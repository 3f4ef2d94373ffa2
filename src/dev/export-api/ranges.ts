/** `Range` as the sample file host understands it (RFC 9110 section 14.2): one byte range, like S3. */

export type RangeRequest =
  | { readonly kind: 'whole' }
  | { readonly kind: 'range'; readonly firstByte: number; readonly endByte: number }
  | { readonly kind: 'unsatisfiable' };

/** `endByte` is exclusive. Several ranges or another unit are ignored, which the RFC allows and S3 does. */
export const parseRange = (header: string | undefined, sizeBytes: number): RangeRequest => {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  const [first, last] = [match?.[1] ?? '', match?.[2] ?? ''];
  if (first === '' && last === '') return { kind: 'whole' };
  if (first === '') {
    const count = Math.min(Number(last), sizeBytes);
    return count === 0
      ? { kind: 'unsatisfiable' }
      : { kind: 'range', firstByte: sizeBytes - count, endByte: sizeBytes };
  }
  if (last !== '' && Number(last) < Number(first)) return { kind: 'whole' };
  if (Number(first) >= sizeBytes) return { kind: 'unsatisfiable' };
  const endByte = last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes);
  return { kind: 'range', firstByte: Number(first), endByte };
};
