/** The body of `longhaul doctor`: this machine, Temporal, its workers, all projects. */
import { readEnvironment } from '../../../config/environment';
import { readPayloadKeys } from '../../../config/payload-keys';
import { listProjects, loadProject } from '../../../config/project';
import { PROVIDER_NEEDS } from '../../../config/provider-rules';
import { LonghaulError } from '../../../model/errors';
import { SEARCH_ATTRIBUTE_TYPES, SEARCH_ATTRIBUTES, TASK_QUEUES } from '../../../model/names';
import { describePayloadKeys } from '../../../ops/data-converter';
import { CALL_TIMEOUT_MS, connectTemporal, type TemporalSession, withinMs } from '../connection';
import { Checklist, Warning } from './checklist';
import { plural } from '../print/format';
import type { Output } from '../print/output';
import { findTools } from './tool-search';

/** package.json's engines. */
const MIN_NODE = [20, 19] as const;

type DescribeTaskQueue = Parameters<TemporalSession['connection']['workflowService']['describeTaskQueue']>[0];

/** temporal.api.enums.v1.TaskQueueType */
const WORKFLOW_QUEUE = 1;
const ACTIVITY_QUEUE = 2;

const checkNode = (): string => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > MIN_NODE[0] || (major === MIN_NODE[0] && minor >= MIN_NODE[1])) return process.versions.node;
  throw new LonghaulError(
    'ToolMissing',
    `Node.js ${process.versions.node} is too old: ${MIN_NODE.join('.')} or newer is needed.`,
  );
};

const checkNamespace = async ({ client, connection, namespace }: TemporalSession): Promise<string> => {
  await withinMs(client, CALL_TIMEOUT_MS, () => connection.workflowService.describeNamespace({ namespace }));
  return namespace;
};

const checkSearchAttributes = async ({ client, connection, namespace }: TemporalSession): Promise<string> => {
  const { customAttributes } = await withinMs(client, CALL_TIMEOUT_MS, () =>
    connection.operatorService.listSearchAttributes({ namespace }),
  );
  const names = Object.values(SEARCH_ATTRIBUTES);
  const missing = names.filter((name) => Number(customAttributes[name]) !== SEARCH_ATTRIBUTE_TYPES[name].value);
  if (missing.length === 0) return names.join(', ');
  const commands = missing.map(
    (name) => `temporal operator search-attribute create --name ${name} --type ${SEARCH_ATTRIBUTE_TYPES[name].type}`,
  );
  throw new LonghaulError(
    'SearchAttributesMissing',
    `The namespace "${namespace}" lacks ${missing.join(', ')}; run: ${commands.join(' && ')}`,
  );
};

/** A worker that holds the role polls the queue; the server remembers pollers for about five minutes. */
const checkPollers = async ({ client, connection, namespace }: TemporalSession, queue: string): Promise<string> => {
  const taskQueueType = queue === TASK_QUEUES.workflows ? WORKFLOW_QUEUE : ACTIVITY_QUEUE;
  // Through unknown: the enum's own module, @temporalio/proto, is no dependency of ours.
  const request = { namespace, taskQueue: { name: queue }, taskQueueType } as unknown as DescribeTaskQueue;
  const { pollers } = await withinMs(client, CALL_TIMEOUT_MS, () =>
    connection.workflowService.describeTaskQueue(request),
  );
  const identities = [...new Set(pollers.map((poller) => poller.identity ?? ''))];
  if (identities.length === 0) throw new Warning('no worker polls it', 'Start one with: longhaul worker');
  return `${plural(identities.length, 'worker')}: ${identities.slice(0, 5).join(', ')}`;
};

const checkTemporal = async (list: Checklist): Promise<void> => {
  let session: TemporalSession | undefined;
  await list.check('Temporal', async () => {
    session = await connectTemporal();
    return session.address;
  });
  const queues = Object.values(TASK_QUEUES);
  if (session === undefined) {
    for (const name of ['namespace', 'search attributes', ...queues.map((queue) => `queue ${queue}`)])
      list.skip(name, 'not checked: Temporal is away');
    return;
  }
  const open = session;
  try {
    if (!(await list.check('namespace', () => checkNamespace(open)))) return;
    await list.check('search attributes', () => checkSearchAttributes(open));
    for (const queue of queues) await list.check(`queue ${queue}`, () => checkPollers(open, queue));
  } finally {
    await open.close();
  }
};

const checkProjects = async (list: Checklist, configDir: string): Promise<void> => {
  const projects = listProjects(configDir);
  await list.check('projects', () => {
    if (projects.length > 0) return `${projects.length} in ${configDir}`;
    throw new Warning(`none in ${configDir}`, 'Create configs/<project>/config.json, or set LONGHAUL_CONFIG_DIR.');
  });
  for (const project of projects) {
    await list.check(`project ${project}`, () => {
      const config = loadProject(project, { configDir });
      const needsKey = config.api.apiKeyNamed || PROVIDER_NEEDS[config.api.provider].apiKey === 'required';
      if (config.api.apiKey !== null || !needsKey) return `s3://${config.aws.targetBucket}/${config.aws.targetPrefix}`;
      // No failure: the worker may have the variable, and this machine need not.
      throw new Warning(`no API key here: ${config.api.apiKeySource}`, 'The worker needs it; this machine may not.');
    });
  }
};

const checkTools = async (list: Checklist, cacheDir: string): Promise<void> => {
  await list.check('embedded servers', async () => {
    const { found, missing } = await findTools(cacheDir);
    if (missing.length === 0) return found.join(', ');
    throw new Warning(
      `${missing.join(' and ')} not set up`,
      'Only longhaul dev needs them, and gets them at its first start.',
    );
  });
};

/** Prints a checklist. Throws ExitWith the exit code of the first failed check. */
export const doctor = async (output: Output): Promise<void> => {
  const list = new Checklist(output);
  await list.check('Node.js', checkNode);
  let environment: ReturnType<typeof readEnvironment> | undefined;
  await list.check('settings', () => {
    environment = readEnvironment();
    return `LONGHAUL_CONFIG_DIR is ${environment.configDir}`;
  });
  // Not a fault of Temporal, which is checked next and could not be without them.
  await list.check('payload encryption', () => describePayloadKeys(readPayloadKeys()));
  await checkTemporal(list);
  if (environment !== undefined) {
    await checkTools(list, environment.cacheDir);
    await checkProjects(list, environment.configDir);
  }
  list.finish();
};
