/** Waiting for events in tests; never a bare sleep. */
export { until } from '../../src/dev/wait';
