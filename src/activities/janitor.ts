/** The janitor's activities: where it looks, and what it does there. Shared by `longhaul janitor` and schedules. */
import type { JanitorPlace } from '../model/janitor';
import type { JobRef } from '../model/run';
import type { Dependencies } from './dependencies';
import { createJanitorLeftoverActivities } from './janitor-leftovers';
import { createJanitorRunActivities } from './janitor-runs';
import type { JanitorActivities, JanitorStep, Survey } from './janitor-types';
import { createJanitorUploadActivities } from './janitor-uploads';
import { overridesOf, planStaging } from './lib/load/tools';
import { short } from './lib/attempt/short';

export const createJanitorActivities = (dependencies: Dependencies): JanitorActivities => ({
  ...createJanitorUploadActivities(dependencies),
  ...createJanitorRunActivities(dependencies),
  ...createJanitorLeftoverActivities(dependencies),
  surveyPlace: ({ order: { place } }) => short(() => Promise.resolve(surveyOf(dependencies, place))),
});

const folderOf = (prefix: string): string => (prefix === '' ? '' : `${prefix}/`);

interface Prefixes {
  readonly targetPrefix: string;
  readonly controlPrefix: string;
}

/** The prefixes that are ours, none of them within another. */
const prefixesOf = ({ targetPrefix, controlPrefix }: Prefixes): string[] => {
  const [target, control] = [folderOf(targetPrefix), folderOf(controlPrefix)];
  return control.startsWith(target) ? [target] : [target, control];
};

function stepsOf(ref: JobRef, prefixes: readonly string[], controlPrefix: string): JanitorStep[] {
  const uploads = prefixes.map((prefix) => ({ kind: 'uploads', ref, prefix, controlPrefix }) as const);
  return [...uploads, { kind: 'runs', ref, prefixes, controlPrefix }];
}

function surveyOf(dependencies: Dependencies, place: JanitorPlace): Survey {
  const { project, bucket, data_set: dataSet, gcs_bucket: gcs, ...load } = place;
  if (gcs !== undefined) return { place: `gs://${gcs}/`, steps: [{ kind: 'temporaries', bucket: gcs }] };
  if (dataSet !== undefined) {
    const config = dependencies.loadConfig();
    const set = overridesOf(planStaging(config, { ...load, data_set: dataSet }));
    const ref: JobRef = { job: 'loadToPostgres', project: dataSet, set };
    const { controlPrefix } = config;
    const { destination } = dependencies.load(ref);
    const steps = stepsOf(ref, [folderOf(controlPrefix)], controlPrefix);
    return { place: destination.display(''), steps: [{ kind: 'staging', ref }, ...steps] };
  }
  const ref: JobRef =
    project === undefined ? { job: 'ingestUrls', project: bucket ?? '' } : { job: 'exportToS3', project };
  const { config, destination } = dependencies.bucket(ref);
  const steps = stepsOf(ref, prefixesOf(config.aws), config.aws.controlPrefix);
  return { place: destination.display(folderOf(config.aws.targetPrefix)), steps };
}
