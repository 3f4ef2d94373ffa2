/** The keys of an S3-compatible store, as load.json and restore.json have them beside its region. */
import { z } from 'zod';
import { isHttpUrl } from './value-rules';

/** Name of an environment variable. */
export const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

export const text = () => z.string().min(1);
export const optionalText = () => text().nullable().default(null);

/** `stores` says what the endpoint is for, where it is not plain. */
export const storeKeys = ({ stores = '' }: { readonly stores?: string } = {}) => ({
  endpoint: text()
    .refine(isHttpUrl, 'must be an absolute http or https URL without user name, query or fragment')
    .nullable()
    .default(null)
    .describe(`URL of an S3-compatible store${stores}; null: AWS.`),
  force_path_style: z
    .boolean()
    .nullable()
    .default(null)
    .describe('Put the bucket into the path instead of the host name. Null: true where `endpoint` is set.'),
  profile: optionalText().describe(
    'Profile of the shared AWS files. Used where no explicit keys are given; null: the default chain.',
  ),
  access_key_id: optionalText().describe('Access key id; needs `secret_access_key` too.'),
  secret_access_key: optionalText().describe('Secret access key; needs `access_key_id` too.'),
  session_token: optionalText().describe('Session token of temporary keys.'),
});
