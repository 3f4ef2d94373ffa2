import { createProgram } from '../../../src/client/main';
import { runCli } from './run-cli';

const COMMANDS = createProgram().commands.map((command) => command.name());

it('knows the commands of the docs', () => {
  expect(COMMANDS).toEqual([
    'dev',
    'worker',
    'export',
    'ingest',
    'load',
    'restore',
    'transfer',
    'runs',
    'top',
    'status',
    'watch',
    'pause',
    'resume',
    'set-max-workers',
    'set-max-bytes-per-sec',
    'retry-failed',
    'skip-record',
    'upgrade',
    'abort',
    'activity',
    'report',
    'verify',
    'janitor',
    'schedule',
    'plan',
    'validate',
    'event',
    'dlq',
    'codec-server',
    'doctor',
    'schema',
    'completion',
    'help',
  ]);
});

describe('--help', () => {
  it.each(COMMANDS)('%s has an example of itself, --json, and goes to stdout', async (name) => {
    const { exitCode, stdout, stderr } = await runCli(name, '--help');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(new RegExp(`Examples?:\n  \\$ longhaul ${name}\\b`));
    expect(stdout).toContain('--json');
    expect(stderr).toBe('');
  });

  it('without a command the help is the answer, and the exit code says that nothing was done', async () => {
    expect(await runCli()).toMatchObject({ exitCode: 2, stdout: '' });
    expect((await runCli('--help')).exitCode).toBe(0);
    expect((await runCli('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('a wrong command line: exit code 2, what is wrong, where help is', () => {
  it.each([
    [['exprot', 'p'], /unknown command 'exprot' \(Did you mean export\?\)/, 'Run: longhaul --help'],
    [['export'], /missing required argument 'project'/, 'Run: longhaul export --help'],
    [['export', 'p', 'q'], /too many arguments/, 'Run: longhaul export --help'],
    [
      ['export', 'p', '--dettach'],
      /unknown option '--dettach' \(Did you mean --detach\?\)/,
      'Run: longhaul export --help',
    ],
    [['export', 'p', '--wait', '--detach'], /cannot be used with/, 'Run: longhaul export --help'],
    [['export', 'p', '--type', 'assets'], /Allowed choices are vulnerability, policy/, 'Run: longhaul export --help'],
    [['restore'], /missing required argument 'raw_file_id'/, 'Run: longhaul restore --help'],
    [['load', '--load-type', 'all'], /Allowed choices are full, delta, sample/, 'Run: longhaul load --help'],
    [['load', '--load_type', 'all'], /Allowed choices are full, delta, sample/, 'Run: longhaul load --help'],
    [['ingest', 'my-bucket'], /too many arguments/, 'Run: longhaul ingest --help'],
    [['ingest', '--on-collision', 'skip'], /Allowed choices are error, number/, 'Run: longhaul ingest --help'],
    [
      ['schedule', 'create', 's', '--job', 'copy'],
      /Allowed choices are export, ingest, load, restore/,
      'Run: longhaul schedule --help',
    ],
    [['status', 'r', '--run-id'], /unknown option '--run-id'/, 'Run: longhaul status --help'],
  ])('%j', async (argv, message, hint) => {
    const { exitCode, stdout, stderr } = await runCli(...argv);
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^error: [^\n]* \[InvalidInput\]\nhint: [^\n]*\n$/);
    expect(stderr).toContain(`hint: ${hint}`);
  });

  it.each([
    ['export', 'p', '--set', 'max_workers'],
    ['export', 'p', '--set', 'api_.api_key=hunter2'],
    ['export', 'p', '--start-date', '2024-02-30'],
    ['export', 'p', '--run-id', 'a/b'],
    ['export', 'p', '--type', 'remediation'],
    ['export', 'p', '--start-date', '2024-02-01'],
    ['export', '../p'],
    ['ingest', '--part-mb', '4'],
    ['ingest', '--concurrency', '0'],
    ['ingest', '--date', '2026-02-30'],
    ['ingest', '--path-prefix', 'a//b'],
    ['ingest', '--bucket', 's3://b'],
    ['restore', 'ab'],
    ['restore', 'same', 'same'],
    ['restore', '../x', '--include', '*'],
    ['restore', 'sample', '--include', ''],
    ['set-max-workers', 'r', '0'],
    ['set-max-workers', 'r', '257'],
    ['set-max-bytes-per-sec', 'r', '0'],
    ['set-max-bytes-per-sec', 'r', '10 parsecs'],
    ['set-max-bytes-per-sec', 'r', '1001GB/s'],
    ['skip-record', 'r', 'x'],
    ['retry-failed', 'r', '--record', '1', 'x'],
    ['validate', 'p', '--set', 'x'],
  ])('%j %j %j %j', async (...argv) => {
    const { exitCode, stderr } = await runCli(...argv, '--json');
    expect(exitCode).toBe(2);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'InvalidInput', exitCode: 2 } });
    expect(stderr).not.toContain('hunter2');
    expect(stderr.trim()).not.toContain('\n');
  });
});
