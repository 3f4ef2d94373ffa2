import { type Command, Option } from 'commander';
import { MAX_RETRIES_LIMIT, PRIORITIES } from '../../model/transfer-event';
import { parseWholeNumber } from '../lib/command/arguments';
import { defineCommand } from '../lib/command/command';
import { heavy } from '../lib/heavy';
import { outputOf } from '../lib/print/output';
import type { TransferOptions } from '../lib/start/transfer';

/** `longhaul transfer` */
export const register = (program: Command): void => {
  const command = defineCommand(program, {
    usage: 'transfer',
    description: 'move one object between S3 and GCS, once and verified, as an event of the bridge does',
    examples: [
      'longhaul transfer --source s3://data/in.parquet --destination gs://lake/in.parquet',
      'longhaul transfer --source gs://lake/a.csv --destination s3://data/a.csv --content-type text/csv --if-absent',
      'longhaul transfer --source s3://a/b --destination s3://c/d --event-id 550e8400-e29b-41d4-a716-446655440000 --no-wait',
    ],
  })
    .requiredOption('--source <uri>', 's3://bucket/key or gs://bucket/key')
    .requiredOption('--destination <uri>', 's3://bucket/key or gs://bucket/key')
    .option('--source-region <region>', 'region of the source bucket (default: AWS_REGION)')
    .option('--destination-region <region>', 'region of the destination bucket (default: AWS_REGION)')
    .option('--sha256 <hex>', 'what the object must have; compared before the destination is visible')
    .option('--content-type <type>', 'of the destination (default: that of the source)')
    .option('--if-absent', 'fail where there is an object at the destination')
    .option('--read-back', 'look at the stored object once more')
    .option('--max-retries <n>', 'tries after the first one (default: 3)', (text) =>
      parseWholeNumber('--max-retries', text, 0, MAX_RETRIES_LIMIT),
    )
    .addOption(new Option('--priority <priority>', 'which transfers go first (default: normal)').choices(PRIORITIES))
    .option('--event-id <uuid>', 'the same id again moves nothing again (default: a new one)')
    .option('--correlation-id <uuid>', 'stands in every log line (default: a new one)')
    .option('--no-wait', 'return as soon as the transfer is started');
  command.action(async (options: TransferOptions) => {
    await heavy.runTransfer().runTransfer(outputOf(command), options);
  });
};
