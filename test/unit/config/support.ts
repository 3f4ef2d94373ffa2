/** A config folder of its own for each test. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { loadProject } from '../../../src/config/project';
import type { ProjectConfig } from '../../../src/config/types';
import { LonghaulError } from '../../../src/model/errors';

export const SMALLEST = {
  api_: { endpoint: 'https://us.api.insight.rapid7.com/export/graphql', api_key_env: 'TEST_KEY' },
  aws: { target_bucket: 'a-bucket', target_prefix: 'a/prefix' },
};

type Section = Record<string, unknown>;

/** The smallest file that loads, with sections changed. */
export const file = (
  changes: { api_?: Section; aws?: Section; transfer?: Section; logging?: Section } = {},
): Section => ({
  ...SMALLEST,
  ...changes,
  api_: { ...SMALLEST.api_, ...changes.api_ },
  aws: { ...SMALLEST.aws, ...changes.aws },
});

export class ConfigDir {
  readonly path = mkdtempSync(path.join(tmpdir(), 'longhaul-config-'));

  write(project: string, content: unknown): void {
    mkdirSync(path.join(this.path, project), { recursive: true });
    const text = typeof content === 'string' ? content : JSON.stringify(content, null, 2);
    writeFileSync(path.join(this.path, project, 'config.json'), text);
  }

  /** Writes the file and loads it. */
  load(
    content: unknown,
    set: Record<string, string | number | boolean | null> = {},
    env: Record<string, string> = { TEST_KEY: 'key' },
  ): ProjectConfig {
    this.write('p', content);
    return loadProject('p', { configDir: this.path, env, set });
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}

/** The LonghaulError that `work` throws; anything else fails the test. */
export const errorOf = (work: () => unknown): LonghaulError => {
  try {
    work();
  } catch (error) {
    if (error instanceof LonghaulError) return error;
    throw error;
  }
  throw new Error('Nothing was thrown.');
};
