/**
 * Modules that pull in the Temporal client, zod or the AWS SDK, loaded when a command runs: together they take most of a
 * second, which nobody should wait for `--help`. (TypeScript's import() would need file extensions here.)
 */
import { createRequire } from 'node:module';
import type * as Activities from './operate/activities';
import type * as Dlq from './dlq/letters';
import type * as Doctor from './check/doctor';
import type * as HelpTopics from './help/topics';
import type * as HtmlReport from './report/html';
import type * as RunCodecServer from './codec/run';
import type * as RunExport from './start/export';
import type * as RunIngest from './start/ingest';
import type * as RunJanitor from './janitor/run';
import type * as RunLoad from './start/load';
import type * as RunPlan from './start/plan';
import type * as RunReport from './report/text';
import type * as RunRestore from './start/restore';
import type * as RunStatus from './follow/status';
import type * as RunTransfer from './start/transfer';
import type * as Runs from './runs/show';
import type * as Schemas from './help/schemas';
import type * as Schedules from './schedule/schedules';
import type * as SendUpdate from './operate/send-update';
import type * as Top from './runs/top';
import type * as ValidateEvent from './check/event';
import type * as VerifyRun from './verify/run';
import type * as ValidateProject from './check/project';

const load = createRequire(__filename);

export const heavy = {
  activities: () => load('./operate/activities') as typeof Activities,
  dlq: () => load('./dlq/letters') as typeof Dlq,
  doctor: () => load('./check/doctor') as typeof Doctor,
  helpTopics: () => load('./help/topics') as typeof HelpTopics,
  htmlReport: () => load('./report/html') as typeof HtmlReport,
  runCodecServer: () => load('./codec/run') as typeof RunCodecServer,
  runExport: () => load('./start/export') as typeof RunExport,
  runIngest: () => load('./start/ingest') as typeof RunIngest,
  runJanitor: () => load('./janitor/run') as typeof RunJanitor,
  runLoad: () => load('./start/load') as typeof RunLoad,
  runPlan: () => load('./start/plan') as typeof RunPlan,
  runReport: () => load('./report/text') as typeof RunReport,
  runRestore: () => load('./start/restore') as typeof RunRestore,
  runStatus: () => load('./follow/status') as typeof RunStatus,
  runTransfer: () => load('./start/transfer') as typeof RunTransfer,
  runs: () => load('./runs/show') as typeof Runs,
  schemas: () => load('./help/schemas') as typeof Schemas,
  schedules: () => load('./schedule/schedules') as typeof Schedules,
  sendUpdate: () => load('./operate/send-update') as typeof SendUpdate,
  top: () => load('./runs/top') as typeof Top,
  validateEvent: () => load('./check/event') as typeof ValidateEvent,
  verifyRun: () => load('./verify/run') as typeof VerifyRun,
  validateProject: () => load('./check/project') as typeof ValidateProject,
};
