/** The set-up script as a user runs it, in an environment that holds nothing but what the test puts there. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { runScript } from '../../support/run-script';
import type { ScriptResult } from '../../support/run-script';

const SETUP = path.resolve(__dirname, '..', '..', '..', 'scripts', 'setup.mjs');
const PLATFORM = `${process.platform}-${process.arch}`;
/** Nothing listens there: the discard port. */
const NOWHERE = 'http://127.0.0.1:9';

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'longhaul-setup-'));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

const program = (file: string, body: string): string => {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${body}\n`);
  chmodSync(file, 0o755);
  return file;
};

const cacheFile = (tool: 'temporal' | 'versitygw'): string => {
  const version = { temporal: '1.8.2', versitygw: '1.8.0' }[tool];
  return path.join(home, '.cache', 'longhaul', 'tools', `${tool}-${version}-${PLATFORM}`, tool);
};

const setUp = (env: Record<string, string> = {}): Promise<ScriptResult> =>
  runScript([SETUP, '--tools-only', '--json'], { HOME: home, PATH: '', LONGHAUL_DOWNLOAD_URL: NOWHERE, ...env });

const toolsOf = ({ stdout }: ScriptResult): unknown => (JSON.parse(stdout) as { tools: unknown }).tools;

describe('set-up of the tools', () => {
  it('finds what an earlier set-up has cached in under a second, without running anything', async () => {
    for (const tool of ['temporal', 'versitygw'] as const) program(cacheFile(tool), 'exit 1');
    const result = await setUp();
    expect(toolsOf(result)).toEqual({ temporal: cacheFile('temporal'), versitygw: cacheFile('versitygw') });
    expect(result.stderr).toBe('');
    expect(result.elapsedMs).toBeLessThan(1_000);
  });

  it('names each way that it tried and what to install, where nothing works', async () => {
    const { exitCode, stdout, stderr } = await setUp();
    expect(exitCode).toBe(10);
    expect(stdout).toBe('');
    for (const tool of ['temporal', 'versitygw'] as const) {
      expect(stderr).toContain(`PATH: no "${tool}" in any folder of PATH`);
      expect(stderr).toContain(`cache: no ${cacheFile(tool)}`);
    }
    expect(stderr).toMatch(/download: 127\.0\.0\.1:9 cannot be reached \(ECONNREFUSED\)/);
    expect(stderr).toContain('Go build: go is not installed');
    expect(stderr).toContain('https://docs.temporal.io/cli#install');
    expect(stderr).toContain('https://github.com/versity/versitygw/releases');
    expect(readdirSync(path.join(home, '.cache', 'longhaul', 'tools'))).toEqual([]);
  });

  it('uses a program on PATH of the pinned version or a newer one, and passes over an older one', async () => {
    const bin = path.join(home, 'bin');
    const temporal = program(path.join(bin, 'temporal'), 'echo "temporal version 1.10.0 (Server 1.33.0)"');
    program(path.join(bin, 'versitygw'), 'echo "Version  : v1.0.9"');
    program(cacheFile('versitygw'), 'exit 1');
    const tools = toolsOf(await setUp({ PATH: bin }));
    expect(tools).toEqual({ temporal, versitygw: cacheFile('versitygw') });
  });

  it('uses what the variables name before anything else, and says where that cannot be run', async () => {
    program(cacheFile('versitygw'), 'exit 1');
    const own = program(path.join(home, 'my-temporal'), 'exit 1');
    expect(toolsOf(await setUp({ LONGHAUL_TEMPORAL_PATH: own }))).toMatchObject({ temporal: own });
    const wrong = await setUp({ LONGHAUL_TEMPORAL_PATH: path.join(home, 'nothing') });
    expect(wrong.exitCode).toBe(10);
    expect(wrong.stderr).toContain(`LONGHAUL_TEMPORAL_PATH names ${path.join(home, 'nothing')}`);
  });

  it('refuses a download whose checksum is not the pinned one', async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end('not the release');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const result = await setUp({ LONGHAUL_DOWNLOAD_URL: `http://127.0.0.1:${port}` });
    server.close();
    expect(result.exitCode).toBe(10);
    expect(asked).toHaveLength(2);
    expect(asked[0]).toMatch(/^\/temporalio\/cli\/releases\/download\/v1\.8\.2\/temporal_cli_1\.8\.2_/);
    expect(result.stderr).toMatch(
      /download: temporal_cli\S+ has the SHA-256 [0-9a-f]{64}, not the pinned [0-9a-f]{64}/,
    );
    expect(existsSync(cacheFile('temporal'))).toBe(false);
  });

  it('builds once where two set-ups run at the same time, and refuses a Go that is too old', async () => {
    const builds = path.join(home, 'builds');
    const go = (version: string): string =>
      program(
        path.join(home, 'bin', 'go'),
        `if [ "$1" = env ]; then echo ${version}; echo local; exit; fi
while [ "$1" != -o ]; do shift; done
echo "$2" >> '${builds}'
/bin/sleep 1
echo '#!/bin/sh' > "$2"
/bin/chmod 755 "$2"`,
      );
    const PATH = path.dirname(go('go1.26.3'));
    const old = await setUp({ PATH });
    expect(old.stderr).toContain('go 1.26.3 is older than 1.26.4 and does not fetch a newer one (GOTOOLCHAIN=local)');
    go('go1.26.4');
    const results = await Promise.all([setUp({ PATH }), setUp({ PATH })]);
    const tools = { temporal: cacheFile('temporal'), versitygw: cacheFile('versitygw') };
    expect(results.map(toolsOf)).toEqual([tools, tools]);
    expect(readFileSync(builds, 'utf8').trim().split('\n')).toHaveLength(2); // one for each tool
    expect(results.map(({ stderr }) => stderr).join('')).toContain('another set-up');
  });

  it('takes over the lock of a set-up that was killed', async () => {
    program(cacheFile('versitygw'), 'exit 1');
    const lock = `${path.dirname(cacheFile('temporal'))}.lock`;
    const dead = await runScript(['-e', 'console.log(process.pid)'], {});
    writeFileSync(lock, dead.stdout.trim());
    expect((await setUp()).exitCode).toBe(10);
    expect(existsSync(lock)).toBe(false);
  });
});

describe('set-up of the packages', () => {
  const why = async (): Promise<string> => {
    const module = path.resolve(__dirname, '..', '..', '..', 'scripts', 'lib', 'npm.mjs');
    const code = `import { whyInstall } from ${JSON.stringify(module)}; console.log(whyInstall(${JSON.stringify(home)}))`;
    return (await runScript(['--input-type=module', '-e', code], {})).stdout.trim();
  };
  const write = (file: string, packages: unknown): void => {
    mkdirSync(path.dirname(path.join(home, file)), { recursive: true });
    writeFileSync(path.join(home, file), JSON.stringify({ packages }));
  };

  it('runs npm ci only where something that belongs to this platform is missing or other than asked for', async () => {
    const entry = { version: '1.0.0', integrity: 'sha512-a' };
    write('package-lock.json', { '': {}, 'node_modules/a': entry, 'node_modules/b': { ...entry, optional: true } });
    expect(await why()).toBe('node_modules is missing or unfinished');
    write('node_modules/.package-lock.json', { 'node_modules/a': entry });
    expect(await why()).toBe('null');
    write('node_modules/.package-lock.json', { 'node_modules/a': { ...entry, version: '0.9.0' } });
    expect(await why()).toBe('node_modules/a is not what package-lock.json asks for');
  });
});
