/** The library that gets tokens of Google is loaded when one is asked for, and its warnings stay out of our output. */
import * as path from 'node:path';
import { withoutWarnings } from '../../../src/transfer/lib/quiet';
import { runScript } from '../../support/run-script';
import { TYPESCRIPT_HOOK } from '../../support/typescript-hook';

const CREDENTIALS = path.join(__dirname, '..', '..', '..', 'src', 'transfer', 'gcs', 'credentials.ts');

test('it is loaded when a token is asked for, and says nothing', async () => {
  const script = `
    const loaded = () => Object.keys(require.cache).some((file) => file.includes('google-auth-library'));
    const { createTokenSource } = require(${JSON.stringify(CREDENTIALS)});
    const before = loaded();
    const credentials = { reveal: () => '{"type": "unheard-of"}' };
    const tokens = createTokenSource({ kind: 'json', credentials });
    tokens.headers().catch(({ code }) => console.log(JSON.stringify({ before, after: loaded(), code })));`;
  // Node 20 gives only with --pending-deprecation the warning that Node 22.0 to 22.13 give always.
  const result = await runScript(['--pending-deprecation', '-r', TYPESCRIPT_HOOK, '-e', script], {});
  expect(result.stderr).toBe('');
  expect(JSON.parse(result.stdout)).toEqual({ before: false, after: true, code: 'GoogleCredentialsRefused' });
});

test('only the unwanted warnings are dropped, and only meanwhile', () => {
  const heard = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  try {
    const work = (): never => {
      process.emitWarning('the noise');
      process.emitWarning('a fault');
      throw new Error('of the work');
    };
    expect(() => withoutWarnings(/noise/, work)).toThrow('of the work');
    process.emitWarning('the noise afterwards');
    expect(heard.mock.calls).toEqual([['a fault'], ['the noise afterwards']]);
  } finally {
    heard.mockRestore();
  }
});
