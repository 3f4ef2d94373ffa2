/** Starts the stack that all test files share, once for the whole Jest run, in Jest's own process. */
import { startStack } from '../../src/dev/stack';
import { SHARED_STACK_VARIABLE } from './shared-stack';

export default async function setUp(): Promise<void> {
  const stack = await startStack({ sampleData: false });
  globalThis.longhaulSharedStack = stack;
  // Jest's workers are started after this and inherit it.
  process.env[SHARED_STACK_VARIABLE] = JSON.stringify(stack.describe());
}
