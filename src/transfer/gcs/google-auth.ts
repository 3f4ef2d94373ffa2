/** The library that gets tokens of Google: 150 ms and 16 MiB, so that only whoever asks for a token loads it. */
import type * as GoogleAuthModule from 'google-auth-library';
import { createRequire } from 'node:module';
import { withoutWarnings } from '../lib/quiet';

const load = createRequire(__filename);

/** node-fetch 2, below the library, loads Node's own punycode, which says so on Node 21 to 22.13 (nodejs/node#56632). */
const NOTICE = /`punycode` module is deprecated/;

let library: typeof GoogleAuthModule | undefined;

export function googleAuth(): typeof GoogleAuthModule {
  library ??= withoutWarnings(NOTICE, () => load('google-auth-library') as typeof GoogleAuthModule);
  return library;
}
