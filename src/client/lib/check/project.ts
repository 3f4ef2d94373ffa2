/** The body of `longhaul validate`: config and reachability, from this machine. Starts nothing, leaves nothing behind. */
import { randomUUID } from 'node:crypto';
import { loadProject } from '../../../config/project';
import type { ProjectConfig } from '../../../config/types';
import { createProvider } from '../../../providers/create-provider';
import { createS3Client } from '../../../transfer';
import type { SettingValue } from '../command/arguments';
import { Checklist } from './checklist';
import type { Output } from '../print/output';
import { withStore } from '../job/project-store';

/** For the calls to the export API together: somebody waits at a prompt. */
const API_TIMEOUT_MS = 30_000;

const place = ({ aws }: ProjectConfig): string =>
  `s3://${aws.targetBucket}/${aws.targetPrefix}${aws.endpoint === null ? '' : ` at ${aws.endpoint}`} (${aws.region})`;

/** Below the control prefix: nobody who reads the data sees it. */
const probeKey = ({ aws }: ProjectConfig): string =>
  [aws.controlPrefix, '_validate', randomUUID()].filter((part) => part !== '').join('/');

/** Reports are written and, when a run is taken back, objects deleted: only doing both proves that both are allowed. */
const checkWrite = (config: ProjectConfig): Promise<string> =>
  withStore(config, async (store) => {
    const key = probeKey(config);
    const versionId = await store.writeText(key, 'longhaul validate: may be deleted\n', 'text/plain');
    await store.remove(key, versionId);
    return `an object was written and deleted below s3://${config.aws.targetBucket}/${config.aws.controlPrefix}/`;
  });

/** Answers what the provider has proven. */
const checkProvider = async (config: ProjectConfig): Promise<string> => {
  const { provider, endpoint, apiKey } = config.api;
  const s3 = createS3Client(config.aws);
  try {
    await createProvider(config, { s3 }).checkAccess(AbortSignal.timeout(API_TIMEOUT_MS));
  } finally {
    s3.destroy();
  }
  if (endpoint === null) return `${provider}: the source can be read`;
  return `${provider} at ${endpoint} ${apiKey === null ? 'answers' : 'accepts the key'}`;
};

/** Prints a checklist. Throws ExitWith the exit code of the first failed check. */
export const validateProject = async (
  output: Output,
  project: string,
  set: Record<string, SettingValue> | undefined,
): Promise<void> => {
  const list = new Checklist(output);
  let config: ProjectConfig | undefined;
  await list.check('config', () => {
    config = loadProject(project, { set });
    return `project ${project}: publish ${config.aws.publish}, max_workers ${config.aws.maxWorkers}`;
  });
  if (config === undefined) {
    for (const name of ['export API', 'bucket', 'write']) list.skip(name, 'not checked: the config is wrong');
    list.finish();
    return;
  }
  const loaded = config;
  await list.check('export API', () => checkProvider(loaded));
  const reached = await list.check('bucket', async () => {
    await withStore(loaded, (store) => store.checkBucket(probeKey(loaded)));
    return place(loaded);
  });
  if (reached) await list.check('write', () => checkWrite(loaded));
  else list.skip('write', 'not checked: the bucket cannot be used');
  list.finish();
};
