/** The tools of bench/relay that are commands: what to run for a list of files, and what it costs without its start. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import type { RelayJob } from './relay-job';

const run = promisify(execFile);
const COPY_TIMEOUT_MS = 600_000;

export interface CommandCost {
  readonly cpuSec: number;
  readonly seconds: number;
}

/** A line of shell for each file; `concurrency` of them run at once. */
export type Command = (
  job: RelayJob,
  sizeBytes: number,
) => { readonly lines: readonly string[]; readonly atOnce: number };

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** The floor: bytes from one process to the other, nothing kept, nothing checked. One connection each. */
export const curlPipe: Command = (job, sizeBytes) => ({
  lines: job.urls.map(
    (url, number) =>
      `curl -sf ${url} | curl -sf -T - --aws-sigv4 aws:amz:${job.region}:s3 ` +
      `--user ${job.accessKeyId}:${job.secretAccessKey} -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' ` +
      `-H 'Content-Length: ${sizeBytes}' -H 'Transfer-Encoding:' -H 'Expect:' ` +
      `${job.endpoint}/${job.bucket}/${job.prefix}${number}`,
  ),
  atOnce: job.concurrency,
});

export const awsCli =
  (bin: string): Command =>
  (job, sizeBytes) => ({
    lines: job.urls.map(
      (url, number) =>
        `curl -sf ${url} | ${quoted(path.join(bin, 'aws'))} s3 cp --quiet --expected-size ${sizeBytes} ` +
        `--endpoint-url ${job.endpoint} - s3://${job.bucket}/${job.prefix}${number}`,
    ),
    atOnce: job.concurrency,
  });

/** One object by its URL; many by a list of them, in one process. */
export const rclone =
  (bin: string, folder: string): Command =>
  (job) => {
    const program = quoted(path.join(bin, 'rclone'));
    const place = `s3:${job.bucket}/${job.prefix}`;
    if (job.urls.length === 1) return { lines: [`${program} copyurl ${job.urls[0]} ${place}0`], atOnce: 1 };
    const list = path.join(folder, 'urls.csv');
    writeFileSync(list, job.urls.map((url, number) => `${url},${number}\n`).join(''));
    return {
      lines: [`${program} copyurl --urls --transfers ${job.concurrency} ${quoted(list)} ${place}`],
      atOnce: 1,
    };
  };

/** `times` of the shell: its second line is the time of the processes that it has waited for. */
const childSeconds = (times: string): number => {
  const [, children = ''] = times.trim().split('\n').slice(-2);
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, m, s]) => sum + Number(m) * 60 + Number(s), 0);
};

/** CPU and wall time of the command for these files. Throws where one of its processes fails. */
export async function runCommand(
  command: Command,
  job: RelayJob,
  sizeBytes: number,
  env: NodeJS.ProcessEnv,
): Promise<CommandCost> {
  const folder = mkdtempSync(path.join(tmpdir(), 'longhaul-relay-'));
  try {
    const { lines, atOnce } = command(job, sizeBytes);
    const script = path.join(folder, 'lines');
    writeFileSync(script, lines.map((line) => `${line}\0`).join(''));
    const inner =
      lines.length === 1 ? (lines[0] ?? '') : `xargs -0 -P ${atOnce} -n 1 bash -o pipefail -c < ${quoted(script)}`;
    const startedMs = performance.now();
    const { stdout } = await run('bash', ['-o', 'pipefail', '-c', `${inner} && times`], {
      env,
      timeout: COPY_TIMEOUT_MS,
    });
    return { cpuSec: childSeconds(stdout), seconds: (performance.now() - startedMs) / 1000 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
