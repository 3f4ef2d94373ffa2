/** Hands a file to whatever the platform opens such files with. */
import { spawn } from 'node:child_process';
import { childEnv } from '../../../config/environment';
import { isOnPath } from '../check/tool-search';

interface Opener {
  readonly command: string;
  readonly args: readonly string[];
}

/** Undefined where nobody would see it: a Linux machine without a display, or a platform that we do not know. */
const openerOf = (platform: NodeJS.Platform, env: Readonly<Record<string, string>>): Opener | undefined => {
  switch (platform) {
    case 'darwin':
      return { command: 'open', args: [] };
    case 'win32':
      // `start` is a word of the shell; its first argument in quotes would be the title of a window.
      return { command: 'cmd', args: ['/c', 'start', ''] };
    default: {
      const hasDisplay = (env.DISPLAY ?? '') !== '' || (env.WAYLAND_DISPLAY ?? '') !== '';
      return hasDisplay ? { command: 'xdg-open', args: [] } : undefined;
    }
  }
};

/** Whether an opener was started; what it then shows is its own affair. Never throws. */
export const openFile = async (file: string): Promise<boolean> => {
  const opener = openerOf(process.platform, childEnv());
  if (opener === undefined || (process.platform !== 'win32' && !(await isOnPath(opener.command)))) return false;
  return new Promise((resolve) => {
    const child = spawn(opener.command, [...opener.args, file], { detached: true, stdio: 'ignore' });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      // The command ends; the browser that it may have become goes on.
      child.unref();
      resolve(true);
    });
  });
};
