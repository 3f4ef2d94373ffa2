/** The body of `longhaul load --check`: what a load would check, from this machine. Starts nothing, leaves nothing behind. */
import { randomUUID } from 'node:crypto';
import {
  checkLoadFiles,
  checkLoadTable,
  createLoadTools,
  planStaging,
  type LoadTools,
} from '../../../activities/lib/load/tools';
import { loadLoadConfig } from '../../../config/load';
import type { LoadInput } from '../../../model/load-run';
import { checkBucket } from '../../../transfer';
import { Checklist } from './checklist';
import { plural } from '../print/format';
import type { Output } from '../print/output';

/** For each check: somebody waits at a prompt. */
const CHECK_TIMEOUT_MS = 30_000;
const signal = (): AbortSignal => AbortSignal.timeout(CHECK_TIMEOUT_MS);

/** Prints a checklist. Throws ExitWith the exit code of the first failed check. */
export const validateLoad = async (output: Output, input: LoadInput): Promise<void> => {
  const list = new Checklist(output);
  let tools: LoadTools | undefined;
  await list.check('config', () => {
    const config = loadLoadConfig();
    const staging = planStaging(config, input);
    tools = createLoadTools(config, input.data_set, staging);
    return `data set ${input.data_set} of ${config.path}, ${staging.env}`;
  });
  if (tools === undefined) {
    for (const name of ['staging bucket', 'files', 'table']) list.skip(name, 'not checked: the config is wrong');
    list.finish();
    return;
  }
  const { destination, staging, config } = tools;
  const known = tools;
  try {
    await list.check('staging bucket', async () => {
      await checkBucket(destination, `${config.controlPrefix}/_validate/${randomUUID()}`, signal());
      return `s3://${staging.bucket} (${staging.source}: ${staging.from})`;
    });
    await list.check('files', async () => {
      const { first, format } = await checkLoadFiles(known, input.path, signal());
      return `${input.path}, the first is ${first} (${format})`;
    });
    await list.check('table', async () => {
      const target = await checkLoadTable(known, input.load_type, signal());
      return `${target.schema}.${target.table}, ${plural(target.columns.length, 'column')}`;
    });
  } finally {
    await known.close();
  }
  list.finish();
};
