/**
 * `cleanUp`, the janitor: looks for what runs have left in a bucket, and deletes it where that is asked for. Page by page, each
 * an activity that can be repeated, so that neither a bucket's size nor a crash matters. Deletes nothing by default.
 */
import {
  continueAsNew,
  defineQuery,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { JanitorStep, Survey, SweptPage } from '../activities/janitor-types';
import {
  addCounts,
  checkJanitorInput,
  failedOf,
  FINDING_KINDS,
  janitorOrder,
  KEPT_REASONS,
  noCounts,
  placeText,
  type Finding,
  type JanitorCounts,
  type JanitorInput,
  type JanitorOrder,
  type JanitorResult,
  type KeptReason,
} from '../model/janitor';
import { formatCount, plural } from '../model/format';
import { JANITOR_WORKFLOW, SEARCH_ATTRIBUTES } from '../model/names';
import { MESSAGES } from '../model/run';
import { codeText, titled } from '../model/run-details';
import { janitor } from './lib/activity-options';
import { failure } from './lib/failures';

const MAX_SHOWN_FAILED = 3;
const KEPT_KINDS = Object.keys(KEPT_REASONS) as KeptReason[];
/** In the result, which is one payload. */
const MAX_FINDINGS = 200;

/** How far it is, over continue-as-new. */
export interface JanitorContinuation {
  readonly survey: Survey;
  readonly step: number;
  readonly after: string | null;
  readonly counts: JanitorCounts;
  readonly findings: readonly Finding[];
  readonly moreFindings: number;
  readonly isVersioned: boolean;
}

/** The answer of its `progress` query. */
export interface JanitorProgress extends JanitorCounts {
  readonly place: string;
  readonly delete: boolean;
  /** Kinds of leftovers that have been looked for, of how many; null until the place is known. */
  readonly step: number;
  readonly steps: number | null;
}

const progressQuery = defineQuery<JanitorProgress>(MESSAGES.progress);

export async function cleanUp(input?: JanitorInput, continued?: JanitorContinuation): Promise<JanitorResult> {
  const checked = checkJanitorInput(input);
  if ('problem' in checked) throw failure('InvalidInput', checked.problem);
  const order = janitorOrder(checked.input);
  upsertSearchAttributes([
    { key: defineSearchAttributeKey(SEARCH_ATTRIBUTES.job, 'KEYWORD'), value: JANITOR_WORKFLOW },
    { key: defineSearchAttributeKey(SEARCH_ATTRIBUTES.project, 'KEYWORD'), value: placeText(order.place) },
    { key: defineSearchAttributeKey(SEARCH_ATTRIBUTES.stage, 'KEYWORD'), value: 'cleaning' },
  ]);
  const shown: { state: JanitorContinuation | undefined } = { state: continued };
  setHandler(progressQuery, () => progressOf(order, shown.state), {
    description: 'What has been looked at, found, deleted and kept so far',
  });
  setCurrentDetails(detailsOf(order, shown.state));
  let state = continued ?? (await begin(order));
  for (let step = state.survey.steps[state.step]; step !== undefined; step = state.survey.steps[state.step]) {
    if (workflowInfo().continueAsNewSuggested) return continueAsNew<typeof cleanUp>(checked.input, state);
    state = added(state, await sweep(order, step, state.after));
    shown.state = state;
    setCurrentDetails(detailsOf(order, state));
  }
  return ended(order, state);
}

async function begin(order: JanitorOrder): Promise<JanitorContinuation> {
  const survey = await janitor('prepare', `Look up where ${placeText(order.place)} is`).surveyPlace({ order });
  return { survey, step: 0, after: null, counts: noCounts(), findings: [], moreFindings: 0, isVersioned: false };
}

function sweep(order: JanitorOrder, step: JanitorStep, after: string | null): Promise<SweptPage> {
  const from = after === null ? '' : `, from ${after} on`;
  switch (step.kind) {
    case 'uploads':
      return janitor('control', `Look at open uploads${from}`).sweepUploads({ order, step, after });
    case 'runs':
      return janitor('control', `Look at files of runs${from}`).sweepRuns({ order, step, after });
    case 'staging':
      return janitor('control', 'Look at staging folders of loads').sweepStaging({ order, step, after });
    case 'temporaries':
      return janitor('control', 'Look at temporaries of events').sweepTemporaries({ order, step, after });
  }
}

function added(state: JanitorContinuation, page: SweptPage): JanitorContinuation {
  const all = [...state.findings, ...page.findings];
  // What is or may be deleted matters most, then what tells why something stays.
  const findings = [...all.filter(isDoomed), ...all.filter((finding) => !isDoomed(finding))].slice(0, MAX_FINDINGS);
  const counts = addCounts(state.counts, page.counts);
  return {
    ...state,
    step: page.next === null ? state.step + 1 : state.step,
    after: page.next,
    counts,
    findings,
    moreFindings: total(counts) - findings.length,
    isVersioned: state.isVersioned || page.isVersioned,
  };
}

const isDoomed = ({ fate }: Finding): boolean => fate !== 'kept';

const total = ({ kinds, kept }: JanitorCounts): number =>
  FINDING_KINDS.reduce((sum, kind) => sum + kinds[kind].found, 0) +
  Object.values(kept).reduce((sum, count) => sum + count, 0);

function ended(order: JanitorOrder, state: JanitorContinuation): JanitorResult {
  const { survey, counts, findings, moreFindings, isVersioned } = state;
  const { delete: isDelete, olderThanDays, retentionDays } = order;
  const settings = { place: survey.place, delete: isDelete, olderThanDays, retentionDays };
  const result: JanitorResult = { ...settings, ...counts, isVersioned, findings, moreFindings };
  const failed = failedOf(counts);
  if (failed === 0) return result;
  const [first] = findings.filter(({ fate }) => fate === 'failed');
  const example = first === undefined ? '' : `; the first: ${first.what}: ${first.why ?? ''}`;
  const message = `${failed} of what runs have left in ${survey.place} could not be deleted${example}`;
  throw failure('CleanupIncomplete', message, { janitor: result });
}

const progressOf = (order: JanitorOrder, state: JanitorContinuation | undefined): JanitorProgress => ({
  place: state?.survey.place ?? placeText(order.place),
  delete: order.delete,
  step: state?.step ?? 0,
  steps: state?.survey.steps.length ?? null,
  ...(state?.counts ?? noCounts()),
});

function detailsOf(order: JanitorOrder, state: JanitorContinuation | undefined): string {
  const { place, step, steps, kinds, kept, uploads } = progressOf(order, state);
  const isOver = steps !== null && step >= steps;
  const mode = order.delete ? 'deletes what it finds' : 'a dry run: deletes nothing';
  const found = FINDING_KINDS.filter((kind) => kinds[kind].found > 0).map(
    (kind) => `${kind}: ${formatCount(kinds[kind].found)} found, ${formatCount(kinds[kind].deleted)} deleted`,
  );
  const stays = KEPT_KINDS.filter((why) => kept[why] > 0);
  const failed = (state?.findings ?? []).filter(({ fate }) => fate === 'failed').slice(-MAX_SHOWN_FAILED);
  const again = order.delete
    ? []
    : ['The same with `"delete": true` in its input, or `longhaul janitor … --delete`, deletes'];
  return [
    `**${isOver ? 'Looked through' : 'Looking through'}** · ${codeText(place)}, ${mode}`,
    '',
    ...(steps === null
      ? []
      : [`- Step ${Math.min(step + 1, steps)} of ${steps}, ${plural(uploads, 'open upload')} looked at`]),
    `- Only what is older than ${order.olderThanDays} days, of runs that have ended`,
    ...titled('Found', found),
    ...titled(
      'Stays',
      stays.map((why) => `${formatCount(kept[why])}: ${KEPT_REASONS[why]}`),
    ),
    ...titled(
      'Could not be deleted',
      failed.map(({ what, why }) => `${codeText(what)} ${why ?? ''}`),
    ),
    ...titled(
      'What you can do now',
      isOver ? again : ['Request Cancellation ends it; it may be started again at any time, and finds what is left'],
    ),
  ].join('\n');
}
