/** The janitor as schedules know it. It is no job: it moves nothing, and takes no orders. */
import { LonghaulError } from '../../../model/errors';
import { checkJanitorInput, janitorOrder, placeText, type JanitorInput } from '../../../model/janitor';
import { JANITOR_WORKFLOW } from '../../../model/names';

const check = (input: unknown): JanitorInput => {
  const checked = checkJanitorInput(input);
  if ('problem' in checked) throw new LonghaulError('InvalidInput', `${checked.problem}.`);
  return checked.input;
};

const summary = (input: JanitorInput): string => {
  const { place, olderThanDays, delete: isDelete } = janitorOrder(input);
  const what = `what runs have left in ${placeText(place)} for ${olderThanDays} days`;
  return isDelete ? `Delete ${what}` : `Find ${what} (dry run)`;
};

/** What a schedule needs to know of it. */
export const janitorJob = {
  word: 'janitor',
  workflow: JANITOR_WORKFLOW,
  /** Each names a place; one of them does. */
  subjects: { project: 'project', bucket: 'bucket', dataSet: 'data_set' },
  check,
  projectOf: placeText,
  summary,
} as const;
