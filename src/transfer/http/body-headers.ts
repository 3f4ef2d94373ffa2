/** What headers say of a body: its length and its encoding (RFC 9110 sections 8.6 and 8.4). */
import { LonghaulError } from '../../model/errors';

export const protocolFault = (display: string, fault: string): LonghaulError =>
  new LonghaulError('SourceProtocol', `${display} ${fault}`, { source: display, operation: 'read' });

/** Bytes; undefined where there is no such header. Throws SourceProtocol for what is no number. */
export function lengthIn(header: string | undefined, display: string): number | undefined {
  if (header === undefined) return undefined;
  if (!/^\d{1,15}$/.test(header)) throw protocolFault(display, 'declares a length that is no number');
  return Number(header);
}

/** Undefined for bytes as they are. */
export const encodingIn = (header: string | undefined): string | undefined =>
  header === undefined || header === '' || header.toLowerCase() === 'identity' ? undefined : header;
