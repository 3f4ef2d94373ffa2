/** Rules of config.json that concern several keys at once; asked once each key by itself is right. */
import type { Problem } from './problems';
import type { ProjectFile } from './project-schema';
import { trimSlashes } from './value-rules';

/** What is wrong between keys. The path of each names the key that has to change. */
export const crossFaults = ({ aws }: ProjectFile): Problem[] => {
  const faults: Problem[] = [];
  const fault = (key: keyof typeof aws, text: string): void => {
    faults.push({ path: ['aws', key], text: `aws.${key} ${text}` });
  };
  // Half a pair would fall back to the worker's own role silently, and write with the wrong identity.
  if (aws.access_key_id !== null && aws.secret_access_key === null) {
    fault('access_key_id', 'needs aws.secret_access_key beside it');
  }
  if (aws.secret_access_key !== null && aws.access_key_id === null) {
    fault('secret_access_key', 'needs aws.access_key_id beside it');
  }
  if (aws.session_token !== null && aws.access_key_id === null) {
    fault('session_token', 'needs aws.access_key_id and aws.secret_access_key beside it');
  }
  if (aws.kms_key_id !== null && aws.server_side_encryption !== 'aws:kms') {
    fault('kms_key_id', 'needs aws.server_side_encryption "aws:kms"');
  }
  const target = trimSlashes(aws.target_prefix);
  if (aws.cleanup === 'prefix' && target === '') {
    fault('cleanup', '"prefix" would empty the whole bucket, because aws.target_prefix is empty');
  }
  if (aws.control_prefix !== null) {
    const control = trimSlashes(aws.control_prefix);
    if (control === '') fault('control_prefix', 'must not be empty');
    // Records could get the keys of manifests and ledgers.
    if (control === target) fault('control_prefix', 'must differ from aws.target_prefix');
  }
  return faults;
};
