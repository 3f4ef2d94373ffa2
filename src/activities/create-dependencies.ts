/** The process's clients and pools. Those of a configuration are made once and kept until it changes. */
import type { Client } from '@temporalio/client';
import { loadProject } from '../config/project';
import type { Environment, JobConfig, ProjectConfig } from '../config/types';
import { LonghaulError } from '../model/errors';
import type { JobRef } from '../model/run';
import { Secret } from '../model/secret';
import type { Logger } from '../ops/logging';
import { transferMetrics } from '../ops/metrics';
import { createProvider } from '../providers/create-provider';
import { UrlBook } from '../providers/url-book';
import {
  AddressGuard,
  createHttpClient,
  createS3Client,
  createS3Destination,
  MemoryBudget,
  RateLimiter,
} from '../transfer';
import type { BucketTools, Dependencies, ProjectTools } from './dependencies';
import { KeptTools } from './lib/kept-tools';
import { bucketStore } from './lib/small-store';

export function createDependencies(environment: Environment, temporal: Client, logger: Logger): Dependencies {
  const projects = new KeptTools<ProjectTools>(({ project, set }) => {
    const config = loadProject(project, { configDir: environment.configDir, set });
    return { config, secrets: [...secretsOf(config), config.api.apiKey], create: () => projectTools(config) };
  });
  const project = (ref: JobRef): ProjectTools => projects.get(ref);
  const bucket = (ref: JobRef): BucketTools => {
    if (ref.job === 'exportToS3') return project(ref);
    throw new LonghaulError('Internal', `${ref.job} has no bucket to write to`);
  };
  return {
    project,
    bucket,
    control: (ref) => bucket(ref).control,
    urls: new UrlBook(),
    memory: new MemoryBudget(environment.transferMemoryBytes),
    metrics: transferMetrics,
    temporal,
    logger,
  };
}

function secretsOf({ aws: { credentials } }: JobConfig): (Secret | null)[] {
  return credentials.kind === 'keys' ? [credentials.secretAccessKey, credentials.sessionToken ?? null] : [];
}

const projectTools = (config: ProjectConfig): ProjectTools => ({
  ...bucketTools(config),
  config,
  provider: () => createProvider(config.api),
});

function bucketTools(config: JobConfig): BucketTools {
  const { aws, transfer } = config;
  const client = createS3Client(aws);
  const destination = createS3Destination({
    client,
    bucket: aws.targetBucket,
    sse: { serverSideEncryption: aws.serverSideEncryption, kmsKeyId: aws.kmsKeyId },
  });
  return {
    config,
    destination,
    http: createHttpClient({ guard: new AddressGuard({ allowedHosts: transfer.allowedHosts }) }),
    limiter: new RateLimiter(transfer.maxBytesPerSec),
    control: bucketStore(destination),
  };
}
