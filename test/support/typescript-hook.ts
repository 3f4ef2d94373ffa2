/** For `node -r`: lets a child process of a test run the sources as they are, without a build. */
import * as path from 'node:path';

export const TYPESCRIPT_HOOK = path.join(__dirname, 'typescript-hook.cjs');
