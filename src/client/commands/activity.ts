import type { Command } from 'commander';
import { defineCommand } from '../lib/command/command';
import { heavy } from '../lib/heavy';
import { outputOf } from '../lib/print/output';

const RUN = 'export-project_01-20260131T093000Z';
const WHICH = 'its id, as activity list shows it, or the number of a record';

const registerList = (group: Command): void => {
  const command = defineCommand(group, {
    usage: 'list <run>',
    description: 'what the run does now: attempts, last failures, next tries, workers',
    examples: [`longhaul activity list ${RUN}`, `longhaul activity list ${RUN} --json | jq -r ".activities[].id"`],
  });
  command.action((run: string) => heavy.activities().listActivities(outputOf(command), run));
};

const registerPause = (group: Command): void => {
  const command = defineCommand(group, {
    usage: 'pause <run>',
    description: 'stop one activity without failing it; all others go on',
    examples: [`longhaul activity pause ${RUN} record/7 --reason "the source is being mended"`],
  })
    .argument('<activity>', WHICH)
    .option('--reason <text>', 'why; stands in the list and in the Web UI');
  command.action((run: string, activity: string, options: { reason?: string }) =>
    heavy.activities().orderActivity(outputOf(command), run, activity, { verb: 'pause', ...options }),
  );
};

const registerUnpause = (group: Command): void => {
  const command = defineCommand(group, {
    usage: 'unpause <run>',
    description: 'let a paused activity go on from where it was',
    examples: [`longhaul activity unpause ${RUN} record/7`],
  }).argument('<activity>', WHICH);
  command.action((run: string, activity: string) =>
    heavy.activities().orderActivity(outputOf(command), run, activity, { verb: 'unpause' }),
  );
};

const registerReset = (group: Command): void => {
  const command = defineCommand(group, {
    usage: 'reset <run>',
    description: 'try one activity again at once, as attempt 1 and with a full time to retry; paused ones too',
    examples: [`longhaul activity reset ${RUN} record/7`],
  })
    .argument('<activity>', WHICH)
    .option('--keep-paused', 'a paused one stays paused')
    .option('--forget-progress', 'drop its last heartbeat too: the store is asked what it has');
  command.action((run: string, activity: string, options: { keepPaused?: boolean; forgetProgress?: boolean }) =>
    heavy.activities().orderActivity(outputOf(command), run, activity, { verb: 'reset', ...options }),
  );
};

/** `longhaul activity …` */
export const register = (program: Command): void => {
  const group = defineCommand(program, {
    usage: 'activity',
    description: 'see, pause, unpause and reset single activities of a run',
    examples: [`longhaul activity list ${RUN}`],
  });
  registerList(group);
  registerPause(group);
  registerUnpause(group);
  registerReset(group);
};
