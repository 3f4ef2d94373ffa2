/** The real command in its own process: what somebody sees who has made a mistake. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { childEnv } from '../../src/config/environment';

const ROOT = path.resolve(__dirname, '..', '..');

interface Ran {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const runNode = (script: string, argv: readonly string[], env: Record<string, string> = {}): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path.join(ROOT, script), ...argv], {
      cwd: ROOT,
      env: { ...childEnv(), ...env },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
  });

const configDir = mkdtempSync(path.join(tmpdir(), 'longhaul-cli-'));

/** A port that was free a moment ago and is closed now. */
const closedPort = async (): Promise<number> => {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 1;
};

const writeConfig = (project: string, text: string): void => {
  mkdirSync(path.join(configDir, project));
  writeFileSync(path.join(configDir, project, 'config.json'), text);
};

let temporalAddress = '';

const longhaul = (...argv: string[]): Promise<Ran> =>
  runNode('bin/longhaul.js', argv, {
    LONGHAUL_CONFIG_DIR: configDir,
    TEMPORAL_ADDRESS: temporalAddress,
    TEMPORAL_NAMESPACE: 'default',
  });

beforeAll(async () => {
  temporalAddress = `127.0.0.1:${await closedPort()}`;
  const built = await runNode('scripts/build.mjs', []);
  expect(built).toMatchObject({ exitCode: 0 });
}, 180_000);

afterAll(() => rmSync(configDir, { recursive: true }));

describe('Temporal is not there', () => {
  it('every command says so in one line with the address and one with the way out, exit code 5', async () => {
    const commands = [
      ['export', 'project_01'],
      ['ingest', '--bucket', 'my-bucket'],
      ['restore', '20250115_sample'],
      ['schedule', 'list'],
      ['status', 'run-1'],
      ['watch', 'run-1'],
      ['abort', 'run-1'],
      ['report', 'run-1'],
    ];
    // At once: each waits some seconds for the server.
    for (const { exitCode, stdout, stderr } of await Promise.all(commands.map((argv) => longhaul(...argv)))) {
      expect(stderr).toMatch(/^error: [^\n]+\[TemporalUnreachable\]\nhint: [^\n]*longhaul dev\n$/);
      expect(stderr).toContain(temporalAddress);
      expect({ exitCode, stdout }).toEqual({ exitCode: 5, stdout: '' });
    }
  });

  it('with --json the error is one document on stderr', async () => {
    const { exitCode, stdout, stderr } = await longhaul('status', 'run-1', '--json');
    expect(JSON.parse(stderr)).toEqual({
      error: {
        code: 'TemporalUnreachable',
        message: expect.stringContaining(temporalAddress) as string,
        hint: expect.stringContaining('longhaul dev') as string,
        exitCode: 5,
      },
    });
    expect({ exitCode, stdout }).toEqual({ exitCode: 5, stdout: '' });
  });

  it('doctor goes on with what it can check', async () => {
    const { exitCode, stdout } = await longhaul('doctor', '--json');
    const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: { name: string; status: string }[] };
    const statusOf = (name: string): string | undefined => checks.find((check) => check.name === name)?.status;
    expect({ exitCode, ok }).toEqual({ exitCode: 5, ok: false });
    expect([statusOf('Node.js'), statusOf('Temporal'), statusOf('namespace')]).toEqual(['ok', 'failed', 'skipped']);
    expect(statusOf('embedded servers')).toBeDefined();
  });
});

describe('the config is wrong', () => {
  const CONFIG = {
    api_: { endpoint: 'http://127.0.0.1:9/graphql', api_key: 'k3y-0f-m1ne' },
    aws: { target_bucket: 'bucket', target_prefix: 'data', region: 'us-east-1' },
  };

  beforeAll(() => {
    writeConfig('malformed', '{\n  "api_": {\n    "endpoint" "https://e.com"\n  }\n}\n');
    writeConfig('misspelt', JSON.stringify({ ...CONFIG, aws: { ...CONFIG.aws, target_bukcet: 'x' } }, null, 2));
    writeConfig(
      'keyless',
      JSON.stringify({ ...CONFIG, api_: { ...CONFIG.api_, api_key: null, api_key_env: 'NOT_SET' } }),
    );
  });

  it.each([
    ['no-such-project', 'ConfigNotFound', /no-such-project.config\.json/],
    ['malformed', 'ConfigMalformed', /line 3, column \d+/],
    ['misspelt', 'ConfigInvalid', /target_bukcet.*target_bucket/],
  ])('validate %s: %s, exit code 3', async (project, code, message) => {
    const { exitCode, stdout } = await longhaul('validate', project, '--json');
    const { checks } = JSON.parse(stdout) as { checks: { status: string }[] };
    expect(exitCode).toBe(3);
    expect(checks[0]).toMatchObject({
      name: 'config',
      status: 'failed',
      code,
      detail: expect.stringMatching(message) as string,
    });
    expect(checks.slice(1).map((check) => check.status)).toEqual(['skipped', 'skipped', 'skipped']);
    expect(stdout).not.toContain('k3y-0f-m1ne');
  });

  it('validate names the variable that should hold the key', async () => {
    const { exitCode, stdout } = await longhaul('validate', 'keyless', '--set', 'aws.endpoint=http://127.0.0.1:9');
    expect(stdout).toMatch(/✗ export API .*NOT_SET.*\[ApiKeyMissing\]/);
    expect(exitCode).toBe(3);
  });

  it('doctor names every broken project', async () => {
    const { stdout } = await longhaul('doctor');
    expect(stdout).toMatch(/✗ project malformed .*\[ConfigMalformed\]/);
    expect(stdout).toMatch(/✗ project misspelt .*\[ConfigInvalid\]/);
    expect(stdout).toMatch(/! project keyless .*NOT_SET/);
  });
});

describe('the command line is wrong', () => {
  it.each([
    [['exprot', 'p'], /Did you mean export\?/],
    [['export'], /missing required argument/],
    [['export', 'p', '--set', 'nonsense'], /key=value/],
    [['ingest', '--part-mb', '4'], /--part-mb: expected a whole number from 5/],
    [['restore', '../../etc'], /"raw_file_id" must hold no slash/],
    [['export', 'p', '--records', 'no-such-file.txt', '--type', 'policy'], /--records/],
  ])('%j', async (argv, message) => {
    const { exitCode, stdout, stderr } = await longhaul(...argv);
    expect(stderr).toMatch(message);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  });

  it('a records file is read before Temporal is asked', async () => {
    const file = path.join(configDir, 'records.txt');
    writeFileSync(file, 'https://e.com/a.csv\nhttps://e.com/b.csv?X-Amz-Signature=s3cr3t\n');
    const { exitCode, stderr } = await longhaul('export', 'p', '--records', file);
    expect(stderr).toMatch(/records\.txt, line 2: signed URLs are refused/);
    expect(stderr).not.toContain('s3cr3t');
    expect(exitCode).toBe(2);
  });
});

it('--help of the command shows an example', async () => {
  const { exitCode, stdout } = await longhaul('export', '--help');
  expect(exitCode).toBe(0);
  expect(stdout).toContain('$ longhaul export project_01');
});
