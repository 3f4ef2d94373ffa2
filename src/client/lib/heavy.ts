/**
 * Modules that pull in the Temporal client, zod or the AWS SDK, loaded when a command runs: together they take most of a
 * second, which nobody should wait for `--help`. (TypeScript's import() would need file extensions here.)
 */
import { createRequire } from 'node:module';
import type * as Activities from './activities';
import type * as Dlq from './dlq';
import type * as Doctor from './doctor-checks';
import type * as HelpTopics from './help-topics';
import type * as HtmlReport from './html-report';
import type * as RunCodecServer from './run-codec-server';
import type * as RunExport from './run-export';
import type * as RunIngest from './run-ingest';
import type * as RunJanitor from './run-janitor';
import type * as RunLoad from './run-load';
import type * as RunPlan from './run-plan';
import type * as RunReport from './run-report';
import type * as RunRestore from './run-restore';
import type * as RunStatus from './run-status';
import type * as RunTransfer from './run-transfer';
import type * as Runs from './runs';
import type * as Schemas from './schemas';
import type * as Schedules from './schedules';
import type * as SendUpdate from './send-update';
import type * as Top from './top';
import type * as ValidateEvent from './validate-event';
import type * as VerifyRun from './verify-run';
import type * as ValidateProject from './validate-project';

const load = createRequire(__filename);

export const heavy = {
  activities: () => load('./activities') as typeof Activities,
  dlq: () => load('./dlq') as typeof Dlq,
  doctor: () => load('./doctor-checks') as typeof Doctor,
  helpTopics: () => load('./help-topics') as typeof HelpTopics,
  htmlReport: () => load('./html-report') as typeof HtmlReport,
  runCodecServer: () => load('./run-codec-server') as typeof RunCodecServer,
  runExport: () => load('./run-export') as typeof RunExport,
  runIngest: () => load('./run-ingest') as typeof RunIngest,
  runJanitor: () => load('./run-janitor') as typeof RunJanitor,
  runLoad: () => load('./run-load') as typeof RunLoad,
  runPlan: () => load('./run-plan') as typeof RunPlan,
  runReport: () => load('./run-report') as typeof RunReport,
  runRestore: () => load('./run-restore') as typeof RunRestore,
  runStatus: () => load('./run-status') as typeof RunStatus,
  runTransfer: () => load('./run-transfer') as typeof RunTransfer,
  runs: () => load('./runs') as typeof Runs,
  schemas: () => load('./schemas') as typeof Schemas,
  schedules: () => load('./schedules') as typeof Schedules,
  sendUpdate: () => load('./send-update') as typeof SendUpdate,
  top: () => load('./top') as typeof Top,
  validateEvent: () => load('./validate-event') as typeof ValidateEvent,
  verifyRun: () => load('./verify-run') as typeof VerifyRun,
  validateProject: () => load('./validate-project') as typeof ValidateProject,
};
