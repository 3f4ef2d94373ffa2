'use strict';
// For HEALTHCHECK: exit code 0 where this container's process takes work. The slim image holds neither curl nor wget.
const TIMEOUT_MS = 2_500;
const port = (process.env.LONGHAUL_HEALTH_ADDRESS || ':8081').split(':').at(-1);

fetch(`http://127.0.0.1:${port}/ready`, { signal: globalThis.AbortSignal.timeout(TIMEOUT_MS) }).then(
  (answer) => process.exit(answer.ok ? 0 : 1),
  () => process.exit(1),
);
