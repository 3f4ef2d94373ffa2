/** Rules of config.json that concern several keys at once; asked once each key by itself is right. */
import { credentialFaults } from './credentials';
import type { Problem } from './problems';
import type { ProjectFile } from './project-schema';
import { providerCrossFaults } from './provider-rules';
import { trimSlashes } from './value-rules';

/** What is wrong between keys. The path of each names the key that has to change. */
export const crossFaults = (file: ProjectFile): Problem[] => {
  const { aws } = file;
  const faults: Problem[] = providerCrossFaults(file);
  const fault = (key: keyof typeof aws, text: string): void => {
    faults.push({ path: ['aws', key], text: `aws.${key} ${text}` });
  };
  faults.push(...credentialFaults('aws', aws));
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
