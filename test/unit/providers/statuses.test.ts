import { classifyStatus, RAPID7_STATES } from '../../../src/providers/statuses';

test.each([
  ...['SUCCEEDED', 'COMPLETE', 'COMPLETED', 'READY', 'succeeded'].map((word) => [word, 'succeeded', false]),
  ...['PENDING', 'PROCESSING', 'IN_PROGRESS'].map((word) => [word, 'running', false]),
  ...['FAILED', 'ERROR', 'CANCELED', 'CANCELLED'].map((word) => [word, 'failed', false]),
  ...['QUEUED', '', 'constructor', 'toString'].map((word) => [word, 'running', true]),
] as [string, string, boolean][])('%s is %s (unknown: %s)', (word, state, unknownStatus) => {
  expect(classifyStatus(RAPID7_STATES, word)).toEqual({ state, unknownStatus });
});
