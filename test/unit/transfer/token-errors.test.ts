/** Faults of the credentials' own files are no faults of the network, and name what is to be mended. */
import { mapTokenError } from '../../../src/transfer/gcs/token-errors';

const NO_FILE = 'The file at /nope/sa.json does not exist, or it is not a file. ';

it.each([
  [
    'a file that is not there',
    Object.assign(new Error(`${NO_FILE}ENOENT: no such file or directory, lstat '/nope'`), { code: 'ENOENT' }),
    'GoogleCredentialsMissing',
    'The file that GOOGLE_APPLICATION_CREDENTIALS names cannot be read (ENOENT)',
  ],
  [
    'a folder',
    new Error(NO_FILE),
    'GoogleCredentialsMissing',
    'The file that GOOGLE_APPLICATION_CREDENTIALS names is not a file',
  ],
  [
    'a private key that is damaged',
    // As node:crypto names it where the PEM is damaged.
    Object.assign(new Error('error:1E08010C:DECODER routines::unsupported'), { code: 'ERR_OSSL_UNSUPPORTED' }),
    'GoogleCredentialsRefused',
    /^The private key of the service account cannot be used \(ERR_OSSL_/,
  ],
  ['a host that cannot be reached', Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 'TokenUnavailable', /./],
])('%s', (_, error, code, message) => {
  expect(mapTokenError(error)).toMatchObject({
    code,
    message: typeof message === 'string' ? message : (expect.stringMatching(message) as string),
  });
});
