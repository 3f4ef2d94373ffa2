/** Where projects lie: `<config dir>/<project>/config.json`. */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import * as path from 'node:path';
import { LonghaulError } from '../model/errors';

/** A project's name is part of paths, workflow ids and search attributes: letters, digits, `.`, `_` and `-`. */
const PROJECT_NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

const isFile = (file: string): boolean => {
  try {
    return statSync(file).isFile();
  } catch {
    // Beside projects lie files of other jobs, such as load.json: below those there is nothing (ENOTDIR).
    return false;
  }
};

/** Names of the projects that have a config.json, sorted; none where the folder is not there. */
export const listProjects = (configDir: string): string[] => {
  try {
    return readdirSync(configDir)
      .filter((name) => PROJECT_NAME.test(name))
      .filter((name) => isFile(path.join(configDir, name, 'config.json')))
      .sort();
  } catch {
    return [];
  }
};

/** Throws InvalidInput where `project` is not a plain name: it must not climb out of the config folder. */
const configPath = (configDir: string, project: string): string => {
  if (!PROJECT_NAME.test(project)) {
    const shown = JSON.stringify(project.slice(0, 80));
    throw new LonghaulError(
      'InvalidInput',
      `The project name ${shown} is wrong: letters, digits, ".", "_" and "-" are allowed, 1 to 128 of them.`,
    );
  }
  return path.join(configDir, project, 'config.json');
};

/** Reads the text of a project's config.json. Throws ConfigNotFound that names the path and the projects that are there. */
export const readConfigText = (configDir: string, project: string): { path: string; text: string } => {
  const file = configPath(configDir, project);
  try {
    return { path: file, text: readFileSync(file, 'utf8') };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    const fault = code === 'ENOENT' || code === 'ENOTDIR' ? 'is not there' : `cannot be read (${code})`;
    const names = listProjects(configDir);
    const known = names.length === 0 ? `no project in ${configDir}` : `projects there: ${names.join(', ')}`;
    throw new LonghaulError('ConfigNotFound', `${file} ${fault} (${known}).`, {}, { cause: error });
  }
};
