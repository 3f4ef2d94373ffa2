/** The last line of `npm test`, from real Jest runs over small files. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { runScript } from '../../support/run-script';
import { freshFolder } from '../../support/shared-stack';

const ROOT = path.resolve(__dirname, '..', '..', '..');
const JEST = createRequire(__filename).resolve('jest/bin/jest');

describe('the last line of npm test', () => {
  const folder = freshFolder('summary');
  afterAll(() => folder.remove());

  const say = async (result: unknown): Promise<string[]> => {
    const module = path.join(ROOT, 'scripts', 'lib', 'test-summary.mjs');
    const code = `import { skippedTests, summary } from ${JSON.stringify(module)};
const result = ${JSON.stringify(result)};
console.log([...skippedTests(result), summary(result)].join('\\n'));`;
    return (await runScript(['--input-type=module', '-e', code], {})).stdout.trim().split('\n');
  };

  it('counts passed, failed and skipped tests, and a file that cannot be run as a failure', async () => {
    mkdirSync(path.join(folder.path, 'files'));
    const write = (file: string, text: string): void => writeFileSync(path.join(folder.path, file), text);
    write('package.json', '{}');
    write(
      'files/a.test.js',
      "it('a', () => {}); it('b', () => { throw new Error('b'); }); it.skip('c [needs d]', () => {});",
    );
    write('files/broken.test.js', 'this is no JavaScript');
    const output = path.join(folder.path, 'result.json');
    const jest = await runScript([JEST, '--json', `--outputFile=${output}`], { PATH: '/usr/bin:/bin' }, folder.path);
    expect(jest.exitCode).toBe(1);
    const lines = await say(JSON.parse(readFileSync(output, 'utf8')));
    expect(lines).toEqual(['c [needs d]', '1 passed, 2 failed, 1 skipped']);
  });

  it('takes the second result of files that ran again, and names the tests that passed only then', async () => {
    const file = (name: string, ...tests: readonly (readonly [string, string])[]) => ({
      name,
      status: tests.every(([, status]) => status === 'passed') && tests.length > 0 ? 'passed' : 'failed',
      assertionResults: tests.map(([fullName, status]) => ({ fullName, status })),
    });
    const first = {
      testResults: [
        file('a', ['a1', 'passed'], ['a2', 'failed']),
        file('b', ['b1', 'failed'], ['b2', 'failed']),
        file('c'),
        file('d', ['d1', 'passed']),
      ],
    };
    const again = {
      testResults: [
        file('a', ['a1', 'passed'], ['a2', 'passed']),
        file('b', ['b1', 'failed'], ['b2', 'passed']),
        file('c', ['c1', 'passed']),
      ],
    };
    const module = path.join(ROOT, 'scripts', 'lib', 'test-summary.mjs');
    const code = `import { failedFiles, merged, summary, unsteadyTests } from ${JSON.stringify(module)};
const [first, again] = ${JSON.stringify([first, again])};
const after = merged(first, again);
console.log(JSON.stringify([failedFiles(first), summary(first), unsteadyTests(first, again), failedFiles(after), summary(after)]));`;
    const { stdout } = await runScript(['--input-type=module', '-e', code], {});
    expect(JSON.parse(stdout)).toEqual([
      ['a', 'b', 'c'],
      '2 passed, 4 failed',
      ['a2', 'b2', 'c'],
      ['b'],
      '5 passed, 1 failed',
    ]);
  });

  it('is a failure where Jest ended before it could say anything', async () => {
    expect(await say(null)).toEqual(['0 passed, 1 failed']);
  });
});
