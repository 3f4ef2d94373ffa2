/** The discarding S3 server in a process of its own: prints its endpoint, serves until its standard input ends. */
import { once } from 'node:events';
import { startDiscardServer } from './discard-server';

async function main(): Promise<void> {
  const { endpoint } = await startDiscardServer();
  process.stdout.write(`${endpoint}\n`);
  // Whoever has started it is gone when this ends, however it went.
  await once(process.stdin.resume(), 'end');
  process.exit(0);
}

void main();
