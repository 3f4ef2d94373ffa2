/** The process's clients and pools. A project's are made once and kept until its configuration changes. */
import type { Client } from '@temporalio/client';
import { loadProject } from '../config/project';
import type { Environment, ProjectConfig } from '../config/types';
import type { ProjectRef } from '../model/export-run';
import { Secret } from '../model/secret';
import type { Logger } from '../ops/logging';
import { hideSecret } from '../ops/redaction';
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
import type { Dependencies, ProjectTools } from './dependencies';

/** A changed config.json counts for activities that start this much later: reading the file for each would be waste. */
const RELOAD_MS = 5_000;

interface Kept {
  readonly tools: ProjectTools;
  readonly fingerprint: string;
  loadedAtMs: number;
}

export function createDependencies(environment: Environment, temporal: Client, logger: Logger): Dependencies {
  const kept = new Map<string, Kept>();
  const project = (ref: ProjectRef): ProjectTools => {
    const id = JSON.stringify([ref.project, ref.set ?? {}]);
    const known = kept.get(id);
    if (known !== undefined && Date.now() - known.loadedAtMs < RELOAD_MS) return known.tools;
    const config = loadProject(ref.project, { configDir: environment.configDir, set: ref.set });
    const fingerprint = fingerprintOf(config);
    if (known?.fingerprint === fingerprint) {
      known.loadedAtMs = Date.now();
      return known.tools;
    }
    // Patterns cannot know every key: what is configured is cut from logs by its value.
    for (const secret of secretsOf(config)) hideSecret(secret);
    const tools = createTools(config);
    kept.set(id, { tools, fingerprint, loadedAtMs: Date.now() });
    return tools;
  };
  return {
    project,
    urls: new UrlBook(),
    memory: new MemoryBudget(environment.transferMemoryBytes),
    metrics: transferMetrics,
    temporal,
    logger,
  };
}

/** Equal for equal configurations; secrets take part, but only within the process. */
const fingerprintOf = (config: ProjectConfig): string =>
  JSON.stringify([config, ...secretsOf(config).map((secret) => secret.reveal())]);

function secretsOf({ api, aws: { credentials } }: ProjectConfig): Secret[] {
  const keys = credentials.kind === 'keys' ? [credentials.secretAccessKey, credentials.sessionToken] : [];
  return [api.apiKey, ...keys].filter((secret) => secret instanceof Secret);
}

function createTools(config: ProjectConfig): ProjectTools {
  const { aws, transfer } = config;
  const client = createS3Client(aws);
  return {
    config,
    provider: () => createProvider(config.api),
    destination: createS3Destination({
      client,
      bucket: aws.targetBucket,
      sse: { serverSideEncryption: aws.serverSideEncryption, kmsKeyId: aws.kmsKeyId },
    }),
    http: createHttpClient({ guard: new AddressGuard({ allowedHosts: transfer.allowedHosts }) }),
    limiter: new RateLimiter(transfer.maxBytesPerSec),
  };
}
