/**
 * `npm run quickstart`: the main job on real servers in one process tree, with a worker killed in the middle of a large
 * file, and every object compared with its source. Flags: --keep leaves the stack running until Ctrl-C.
 */
import { parseArgs } from 'node:util';
import { LonghaulError } from '../model/errors';
import { runQuickstart } from './quickstart/run';

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { keep: { type: 'boolean', default: false } } });
  await runQuickstart({ keep: values.keep, say: (line) => process.stdout.write(`${line}\n`) });
  return 0;
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    const known = error instanceof LonghaulError ? error : undefined;
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    if (known !== undefined) process.stderr.write(`hint: ${known.hint}\n`);
    process.exitCode = known?.exitCode ?? 1;
  },
);
