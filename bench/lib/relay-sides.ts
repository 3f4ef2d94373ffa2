/** Who takes part in bench/relay, and what each one costs for the same files. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { childEnv } from '../../src/config/environment';
import { measureProcess } from './measured-process';
import { peerFile, withEnvironment } from './python-peer';
import { awsCli, curlPipe, rclone, runCommand, type Command, type CommandCost } from './relay-commands';
import type { RelayJob } from './relay-job';
import type { RelayServers, Target } from './relay-servers';
import { ingestOnce } from './relay-temporal';
import type { Rig } from './rig';

export const SIDES = ['engine', 'temporal', 'boto3', 'crt', 'aiohttp', 'rclone', 'awscli', 'curl'] as const;
export type SideName = (typeof SIDES)[number];

/** Files of one size, and how many of them move at once. */
export interface Load {
  readonly name: 'large' | 'medium' | 'small';
  readonly files: number;
  readonly sizeBytes: number;
  readonly concurrency: number;
}

/** Without the start of the process, for every side. */
export type Cost = CommandCost;

export interface Side {
  readonly name: SideName;
  /** Undefined where it takes part; else why it does not. */
  absent(load: Load, target: Target): string | undefined;
  measure(load: Load, target: Target): Promise<Cost>;
}

const MIB = 2 ** 20;
/** Of the aiohttp script, as in bench/ingest. */
const PEER_PART_BYTES = 50 * MIB;
const PEER_CHUNK_BYTES = MIB;
/** Compiling code on its first use is of the process, not of a GiB: one object of several parts, and some small ones. */
const WARM_UP = { largeBytes: 64 * MIB, small: 100, smallBytes: 64 * 1024 };
const AWSCLI = 'awscli==1.46.3';

interface World {
  readonly servers: RelayServers;
  readonly rig: Rig | undefined;
}

/** The sides by name, with what they need installed while `use` runs; a package that cannot be had is said and left out. */
export async function withSides<T>(
  world: World,
  names: readonly SideName[],
  say: (line: string) => void,
  use: (sides: readonly Side[]) => Promise<T>,
): Promise<T> {
  const needsPython = names.some((name) => ['boto3', 'crt', 'aiohttp', 'rclone'].includes(name));
  const folder = mkdtempSync(path.join(tmpdir(), 'longhaul-relay-'));
  const withBins = (pythonBin: string | undefined, awsBin: string | undefined): Promise<T> =>
    use(names.flatMap((name) => sideOf(name, world, { pythonBin, awsBin, folder }) ?? missing(name, say)));
  const withAws = (pythonBin: string | undefined): Promise<T> =>
    names.includes('awscli')
      ? orWithout(say, [AWSCLI], (bin) => withBins(pythonBin, bin))
      : withBins(pythonBin, undefined);
  try {
    return needsPython
      ? await orWithout(say, ['-r', peerFile('relay-requirements.txt')], withAws)
      : await withAws(undefined);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const missing = (name: SideName, say: (line: string) => void): [] => {
  say(`${name}: missing, left out`);
  return [];
};

/** `use` gets no folder where the packages cannot be installed; what it throws itself is thrown. */
async function orWithout<T>(
  say: (line: string) => void,
  packages: readonly string[],
  use: (bin: string | undefined) => Promise<T>,
): Promise<T> {
  const state = { isInstalled: false };
  try {
    return await withEnvironment(say, packages, (bin) => {
      state.isInstalled = true;
      return use(bin);
    });
  } catch (error) {
    if (state.isInstalled) throw error;
    say(`Cannot be installed: ${error instanceof Error ? error.message : String(error)}`);
    return use(undefined);
  }
}

interface Programs {
  readonly pythonBin: string | undefined;
  readonly awsBin: string | undefined;
  readonly folder: string;
}

function sideOf(name: SideName, world: World, { pythonBin, awsBin, folder }: Programs): Side | undefined {
  const python = (script: string, more: Partial<RelayJob> = {}): Side | undefined =>
    pythonBin === undefined
      ? undefined
      : processSide(name, world, path.join(pythonBin, 'python'), [peerFile(script)], more);
  switch (name) {
    case 'engine':
      return processSide(name, world, process.execPath, [path.join(__dirname, 'relay-engine.js')], {});
    case 'temporal':
      return temporalSide(world);
    case 'boto3':
      return python('relay_boto3.py');
    case 'crt':
      return withoutSmall(python('relay_boto3.py', { crt: true }));
    case 'aiohttp':
      return python('ingest_aiohttp.py');
    case 'rclone':
      return pythonBin === undefined ? undefined : commandSide(name, world, rclone(pythonBin, folder));
    case 'awscli':
      return awsBin === undefined ? undefined : commandSide(name, world, awsCli(awsBin), 'a process for each object');
    case 'curl':
      return commandSide(name, world, curlPipe);
  }
}

/** The script puts small objects by the same call with and without the AWS Common Runtime. */
const withoutSmall = (side: Side | undefined): Side | undefined =>
  side === undefined
    ? undefined
    : { ...side, absent: ({ name }) => (name === 'small' ? 'the same as boto3 for small objects' : undefined) };

const jobOf = (
  { servers }: World,
  { files, sizeBytes, concurrency }: Load,
  { transport, endpoint, bucket, region, accessKeyId, secretAccessKey }: Target,
): RelayJob => ({
  urls: Array.from({ length: files }, (_, number) => servers.fileUrl(transport, sizeBytes, `file-${number}`)),
  warmUpUrls: [
    servers.fileUrl(transport, WARM_UP.largeBytes, 'warm'),
    ...Array.from({ length: WARM_UP.small }, (_, n) => servers.fileUrl(transport, WARM_UP.smallBytes, `warm-${n}`)),
  ],
  prefix: 'relay/',
  endpoint,
  bucket,
  region,
  accessKeyId,
  secretAccessKey,
  concurrency,
  partBytes: PEER_PART_BYTES,
  chunkBytes: PEER_CHUNK_BYTES,
  crt: false,
});

/** Keys and the authority of the certificates, as each of the tools wants to be told of them. */
const envOf = ({ servers }: World, target: Target): NodeJS.ProcessEnv =>
  childEnv({
    AWS_ACCESS_KEY_ID: target.accessKeyId,
    AWS_SECRET_ACCESS_KEY: target.secretAccessKey,
    AWS_DEFAULT_REGION: target.region,
    AWS_PROFILE: undefined,
    AWS_SESSION_TOKEN: undefined,
    RCLONE_CONFIG: '/nonexistent/rclone.conf',
    RCLONE_CONFIG_S3_TYPE: 's3',
    RCLONE_CONFIG_S3_PROVIDER: 'Other',
    RCLONE_CONFIG_S3_ENDPOINT: target.endpoint,
    RCLONE_CONFIG_S3_REGION: target.region,
    RCLONE_CONFIG_S3_ACCESS_KEY_ID: target.accessKeyId,
    RCLONE_CONFIG_S3_SECRET_ACCESS_KEY: target.secretAccessKey,
    ...(target.transport === 'plain' ? {} : authority(servers.caFile)),
  });

const authority = (caFile: string): Record<string, string> =>
  Object.fromEntries(
    [
      'NODE_EXTRA_CA_CERTS',
      'AWS_CA_BUNDLE',
      'REQUESTS_CA_BUNDLE',
      'SSL_CERT_FILE',
      'CURL_CA_BUNDLE',
      'RCLONE_CA_CERT',
    ].map((name) => [name, caFile]),
  );

function processSide(
  name: SideName,
  world: World,
  command: string,
  args: readonly string[],
  more: Partial<RelayJob>,
): Side {
  const run = async (load: Load, target: Target): Promise<Cost> => {
    const job = { ...jobOf(world, load, target), ...more };
    const cost = await measureProcess(command, args, job, envOf(world, target));
    await checkStored(
      name,
      load,
      target,
      job.warmUpUrls.length,
      WARM_UP.largeBytes + WARM_UP.small * WARM_UP.smallBytes,
    );
    return cost;
  };
  return { name, absent: () => undefined, measure: run };
}

/** From the time of a command that of the same with one byte is taken off. */
function commandSide(name: SideName, world: World, command: Command, perObject?: string): Side {
  const once = async (load: Load, target: Target): Promise<Cost> => {
    const cost = await runCommand(command, jobOf(world, load, target), load.sizeBytes, envOf(world, target));
    await checkStored(name, load, target, 0, 0);
    return cost;
  };
  return {
    name,
    absent: ({ files }) => (files > 1 && perObject !== undefined ? perObject : undefined),
    measure: async (load, target) => {
      const start = await once({ ...load, files: 1, sizeBytes: 1 }, target);
      const cost = await once(load, target);
      return { cpuSec: cost.cpuSec - start.cpuSec, seconds: cost.seconds - start.seconds };
    },
  };
}

function temporalSide(world: World): Side {
  const { rig } = world;
  return {
    name: 'temporal',
    absent: (load, { name, transport }) =>
      name === 'versitygw' && transport === 'plain' && load.name === 'large'
        ? undefined
        : 'measured with one large object into the S3 server',
    measure: async (load, target) => {
      if (rig === undefined) throw new Error('temporal needs the embedded stack');
      const cost = await ingestOnce(rig, jobOf(world, load, target), load.sizeBytes * load.files);
      await target.take();
      return cost;
    },
  };
}

/** A side that has left something out is no peer. */
async function checkStored(
  name: SideName,
  { files, sizeBytes }: Load,
  target: Target,
  moreFiles: number,
  moreBytes: number,
): Promise<void> {
  const { objects, bytes } = await target.take();
  if (objects === files + moreFiles && bytes === files * sizeBytes + moreBytes) return;
  throw new Error(
    `${name} has written ${objects} objects of ${bytes} bytes in all: ${JSON.stringify({ files, sizeBytes })}`,
  );
}
