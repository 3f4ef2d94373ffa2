/** Where a file of bench/resume goes: versitygw, or, where the disk would take too long, a server that throws parts away. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import type { S3Client } from '@aws-sdk/client-s3';
import { s3ClientFor } from '../../src/dev/s3-client';
import { startCountingProxy, type CountingProxy } from './counting-proxy';
import type { Rig } from './rig';

const CHOICES = ['auto', 'disk', 'discard'] as const;
export type StoreChoice = (typeof CHOICES)[number];
export type StoreKind = Exclude<StoreChoice, 'auto'>;

/**
 * The most that goes to disk by itself. An object is written there twice, as parts and joined: 32 GiB for one of 16, which a disk
 * that keeps up 20 MB/s takes in half an hour.
 */
const AUTO_DISK_MIB = 4096;

/** Throws an Error that names the option. */
export function readStore(text: string): StoreChoice {
  const choice = CHOICES.find((each) => each === text);
  if (choice === undefined) throw new Error(`--store: expected one of ${CHOICES.join(', ')}`);
  return choice;
}

export function storeFor(choice: StoreChoice, sizeMib: number): StoreKind {
  if (choice !== 'auto') return choice;
  return sizeMib > AUTO_DISK_MIB ? 'discard' : 'disk';
}

/** A store as workers see it: behind the proxy that counts. */
export interface CountedStore {
  readonly proxy: CountingProxy;
  readonly s3: S3Client;
}

/** Empty at first; gone, with all that is in it, when `use` ends. */
export async function withStore<T>(kind: StoreKind, rig: Rig, use: (store: CountedStore) => Promise<T>): Promise<T> {
  const behind = async (endpoint: string): Promise<T> => {
    const proxy = await startCountingProxy(endpoint);
    const { stack } = rig;
    const s3 = s3ClientFor({ endpoint: proxy.endpoint, region: stack.s3.region }, stack.s3);
    try {
      return await use({ proxy, s3 });
    } finally {
      s3.destroy();
      await proxy.close();
    }
  };
  if (kind === 'discard') return withDiscardServer(behind);
  try {
    return await behind(rig.stack.s3.endpoint);
  } finally {
    rig.emptyBucket();
  }
}

/** In a process of its own: this one has the file host and the proxy in its loop. */
async function withDiscardServer<T>(use: (endpoint: string) => Promise<T>): Promise<T> {
  const child = spawn(process.execPath, [path.join(__dirname, 'discard-child.js')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  try {
    const [endpoint] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    return await use(endpoint);
  } finally {
    child.stdin.end();
    await ended;
  }
}
