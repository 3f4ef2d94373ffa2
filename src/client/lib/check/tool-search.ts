/** Which servers of the embedded stack are on this machine. Looks only; scripts/setup.mjs gets them. */
import { access, constants, readdir } from 'node:fs/promises';
import * as path from 'node:path';
import { childEnv } from '../../../config/environment';

const TOOLS = ['temporal', 'versitygw'] as const;

const isExecutable = (file: string): Promise<boolean> =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  );

/** The cache holds `<tool>-<version>-<platform>/<tool>`. */
const inCache = async (cacheDir: string, tool: string): Promise<boolean> => {
  const folder = path.join(cacheDir, 'tools');
  const names = await readdir(folder).catch(() => []);
  const candidates = names.filter((name) => name.startsWith(`${tool}-`));
  const found = await Promise.all(candidates.map((name) => isExecutable(path.join(folder, name, tool))));
  return found.includes(true);
};

/** Whether a program of this name can be started. */
export const isOnPath = async (tool: string): Promise<boolean> => {
  const folders = (childEnv().PATH ?? '').split(path.delimiter).filter((folder) => folder !== '');
  const found = await Promise.all(folders.map((folder) => isExecutable(path.join(folder, tool))));
  return found.includes(true);
};

export const findTools = async (cacheDir: string): Promise<{ found: string[]; missing: string[] }> => {
  const there = await Promise.all(TOOLS.map(async (tool) => (await isOnPath(tool)) || (await inCache(cacheDir, tool))));
  return { found: TOOLS.filter((_, index) => there[index]), missing: TOOLS.filter((_, index) => !there[index]) };
};
