/** Content-Range (RFC 9110 section 14.4). */
import { LonghaulError } from '../../model/errors';
import type { ByteRange } from '../types';

/**
 * Checks that a 206 holds exactly what was asked for, cut at the object's end. `sizeBytes` is absent for `/*`.
 * Throws SourceProtocol: bytes at another place than we think they are would be spliced in.
 */
export function parseContentRange(
  header: string | undefined,
  asked: ByteRange,
  display: string,
): { lengthBytes: number; sizeBytes?: number } {
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/.exec(header ?? '');
  if (match === null) throw wrong(display, `answered 206 with the Content-Range "${header ?? ''}"`);
  const [first, last] = [Number(match[1]), Number(match[2])];
  const sizeBytes = match[3] === '*' ? undefined : Number(match[3]);
  const askedLast = asked.offsetBytes + asked.lengthBytes - 1;
  const wantedLast = Math.min(askedLast, (sizeBytes ?? last + 1) - 1);
  if (first !== asked.offsetBytes || last !== wantedLast || last < first) {
    throw wrong(display, `answered bytes ${first}-${last} where ${asked.offsetBytes}-${wantedLast} were asked for`);
  }
  return { lengthBytes: last - first + 1, ...(sizeBytes === undefined ? {} : { sizeBytes }) };
}

const wrong = (display: string, fault: string): LonghaulError =>
  new LonghaulError('SourceProtocol', `${display} ${fault}`, { source: display, operation: 'read' });
