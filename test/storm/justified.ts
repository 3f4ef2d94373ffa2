/** Which final errors a scenario gives a reason for. A final error without one is a broken promise, however polite it is. */
import type { ErrorCode } from '../../src/model/errors';
import type { World } from './world';

const BY_FAULT: Partial<Record<ErrorCode, readonly string[]>> = {
  SourceChanged: ['changed', 'otherEtag', 'status416', 'wrongRangeTotal', 'wrongLength', 'surplus', 'wholeForRange'],
  SourceForbidden: ['forbidden', 'expired'],
  SourceNotFound: ['notFound'],
  SourceProtocol: [
    ...['surplus', 'wrongLength', 'garbageLength', 'wrongRangeStart', 'wrongRangeTotal', 'garbageRange', 'manyRanges'],
    ...['gzip', 'status416', 'redirectLoop', 'noLength', 'redirectSame', 'redirectOther'],
    // S3 redirects to nothing but another region, which is a mistake of the configuration.
    ...['redirectDown', 'redirectPrivate'],
  ],
  ChecksumDiffers: ['changed', 'flipAnswer', 'surplus'],
  RedirectRefused: ['redirectLoop', 'redirectDown'],
  AddressRefused: ['redirectPrivate'],
  CredentialsExpired: ['expiredToken'],
  ClockSkewed: ['clockSkewed'],
  // A HEAD that is refused has no body and so no code.
  AccessDenied: ['clockSkewed'],
  UploadLost: ['uploadLost'],
  DiskFull: ['ENOSPC'],
  SourceNotAsRecorded: ['changed', 'otherEtag', 'status416', 'wrongRangeTotal', 'wrongLength'],
  // A flipped bit in the list of parts that Complete sends: over TLS it breaks the connection, and elsewhere the signature.
  DestinationRejected: ['conflict', 'expiredToken', 'flip'],
};

/** S3 declares every length: an answer without one is none of S3. */
const HIDES_LENGTH = ['endBody', 'noLength', 'surplus'];

export function isJustified(code: ErrorCode, { happened, scenario, source }: World): boolean {
  const isHidden = HIDES_LENGTH.some((name) => happened.has(name));
  if (code === 'SourceProtocol' && scenario.from === 's3' && isHidden) return true;
  if (code === 'VerificationFailed' && scenario.job === 'file' && happened.has('flipAnswer')) return true;
  // Without a length nobody can tell a cut file from another one.
  if (code === 'ChecksumDiffers' && source.hasHiddenLength) return true;
  if (code === 'ChecksumDiffers' && scenario.sha256 === 'wrong') return true;
  if (code === 'DestinationExists' && scenario.ifAbsent && scenario.hasOld) return true;
  return (BY_FAULT[code] ?? []).some((name) => happened.has(name));
}
