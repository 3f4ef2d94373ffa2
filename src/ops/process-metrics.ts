/** All that /metrics of a process says: its transfers, its events, and the process itself. */
import { totalmem } from 'node:os';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { eventMetrics } from './event-metrics';
import { transferMetrics } from './metrics';

const registry = new Registry();

/** 0 while it starts and drains. Without it an alert would have to know what the orchestrator thinks. */
const ready = new Gauge({
  name: 'longhaul_ready',
  help: '1 while this process polls for work: what /ready answers.',
  registers: [registry],
});

/** What the process may use: the limit of its control group, else the memory of the machine. */
const memoryLimitBytes = (): number => {
  // Without a limit Linux says 0 or an absurdly large number.
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
};

new Gauge({
  name: 'longhaul_memory_limit_bytes',
  help: 'Memory that this process may use: the limit of its container, else all of the machine.',
  registers: [registry],
}).set(memoryLimitBytes());

let collects = false;

/** Prometheus text exposition format 0.0.4. */
export const processMetrics = async (isReady: boolean): Promise<string> => {
  // Only in a process that is asked: the observers of garbage collection and event loop cost something.
  if (!collects) collectDefaultMetrics({ register: registry });
  collects = true;
  ready.set(isReady ? 1 : 0);
  const parts = [transferMetrics.prometheus(), await eventMetrics.prometheus(), await registry.metrics()];
  return parts.map((part) => part.trimEnd()).join('\n') + '\n';
};
