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

  it('is a failure where Jest ended before it could say anything', async () => {
    expect(await say(null)).toEqual(['0 passed, 1 failed']);
  });
});
