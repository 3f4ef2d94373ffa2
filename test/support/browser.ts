/** Chromium of this machine, for tests that look at pages. */
import { accessSync, constants } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/snap/bin/chromium'];
/** In a container there is no sandbox, and a browser that calls home makes tests slow where it cannot. */
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];

const executable = CANDIDATES.find((file) => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
});

export const hasBrowser = executable !== undefined;
export const BROWSER_NEED = `Chromium at one of ${CANDIDATES.join(', ')}`;

export const launchBrowser = (): Promise<Browser> => chromium.launch({ executablePath: executable ?? '', args: FLAGS });
