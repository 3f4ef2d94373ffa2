/** The measurements of bench/ run, at a size that takes seconds, and print what docs/benchmarks.md says they print. */
import * as path from 'node:path';
import { REPOSITORY_ROOT } from '../../src/dev/tools';
import { childEnv } from '../../src/config/environment';
import { runScript } from '../support/run-script';

const script = path.join(REPOSITORY_ROOT, 'scripts', 'bench.mjs');
const bench = (...args: string[]) => runScript([script, ...args], childEnv());

describe('npm run bench', () => {
  it('counts what a record of one part costs, as one JSON object', async () => {
    const { exitCode, stdout } = await bench('requests', '--records', '3', '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      name: 'requests',
      machine: expect.stringContaining(process.version) as unknown,
      options: { records: 3 },
      figures: { activities_atomic: 1, requests_atomic: 4, activities_direct: 1, requests_direct: 2 },
      goals: { requests_atomic: { max: 4 }, requests_direct: { max: 2 } },
      met: true,
    });
  }, 180_000);

  it('names its measurements, and the option that is wrong', async () => {
    const unknown = await bench('nonsense');
    expect(unknown).toMatchObject({ exitCode: 2, stdout: '' });
    expect(unknown.stderr).toContain(
      'bridge, cli, encryption, fairness, fanout, ingest, load, memory, plan, relay, requests, restore, resume, slots',
    );
    const wrong = await bench('requests', '--records', 'many');
    expect(wrong).toMatchObject({ exitCode: 1, stdout: '' });
    expect(wrong.stderr).toContain('--records');
  }, 180_000);
});
