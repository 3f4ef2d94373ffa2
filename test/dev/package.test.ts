/** `npm pack` and then an empty folder: everything that a user does there works with the packed files alone. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import type { StackDescription } from '../../src/dev/types';
import { filesBelow, installPacked, type Packed } from '../support/packed';

/** The first start of all servers and a worker, on a machine that does much else. */
const READY_MS = 240_000;
const MAX_TARBALL_BYTES = 4 * 1024 ** 2;

describe('the package', () => {
  let packed: Packed;
  let before: string[];
  beforeAll(async () => {
    packed = await installPacked();
    before = filesBelow(packed.root);
  }, READY_MS);
  afterAll(() => packed.remove());

  it('holds what runs, what editors need and the docs; no sources, tests or data', () => {
    const { files } = packed;
    for (const name of ['bin/longhaul.js', 'dist/workflow-bundle.js', 'dist/worker.js', 'configs/project.schema.json'])
      expect(files).toContain(name);
    expect(files).toEqual(
      expect.arrayContaining([
        'dist/workflow-bundle-encoded.js',
        'docs/runbook.md',
        'README.md',
        'LICENSE',
        'CHANGELOG.md',
      ]),
    );
    expect(files.filter((name) => /^(src|test|bench|deploy|node_modules)\/|^dist\/bench\/|\.map$/.test(name))).toEqual(
      [],
    );
    expect(packed.tarballBytes).toBeLessThan(MAX_TARBALL_BYTES);
    const { bin, exports } = JSON.parse(readFileSync(path.join(packed.root, 'package.json'), 'utf8')) as {
      bin: Record<string, string>;
      exports: Record<string, string>;
    };
    const named = [...Object.values(bin), ...Object.values(exports)].filter((name) => !name.includes('*'));
    for (const name of named) expect(existsSync(path.join(packed.root, name))).toBe(true);
  });

  it('says no path of the machine that it was packed on', () => {
    const ours = path.resolve(__dirname, '../..');
    const telling = packed.files.filter((name) => readFileSync(path.join(packed.root, name)).includes(ours));
    expect(telling).toEqual([]);
  });

  it('runs --help, --version and a check of a config', async () => {
    const help = await packed.longhaul(['--help']);
    expect(help).toMatchObject({ exitCode: 0, stderr: '' });
    expect(help.stdout).toContain('longhaul dev');
    const { version } = JSON.parse(readFileSync(path.join(packed.root, 'package.json'), 'utf8')) as { version: string };
    expect((await packed.longhaul(['--version'])).stdout).toBe(`${version}\n`);

    const none = await packed.longhaul(['validate', 'demo', '--json']);
    expect(none.exitCode).toBe(3);
    expect(none.stdout).toContain('"code":"ConfigNotFound"');
    const project = path.join(packed.folder, 'configs', 'demo');
    mkdirSync(project, { recursive: true });
    const schema = '../../node_modules/longhaul/configs/project.schema.json';
    expect(existsSync(path.join(project, schema))).toBe(true);
    writeFileSync(path.join(project, 'config.json'), JSON.stringify({ $schema: schema, aws: { target_bukcet: 'b' } }));
    const wrong = await packed.longhaul(['validate', 'demo']);
    expect(wrong.exitCode).toBe(3);
    expect(wrong.stdout).toContain('nearest known key: "aws.target_bucket"');
  });

  it('explains its topics, prints its schemas and completes its commands', async () => {
    for (const topic of ['runbook', 'install', 'environment', 'exit-codes', 'TargetBusy']) {
      const help = await packed.longhaul(['help', topic]);
      expect({ topic, exitCode: help.exitCode, stderr: help.stderr }).toEqual({ topic, exitCode: 0, stderr: '' });
      expect(help.stdout.length).toBeGreaterThan(100);
    }
    const schema = await packed.longhaul(['schema', 'load']);
    const file = readFileSync(path.join(packed.root, 'configs', 'load.schema.json'), 'utf8');
    expect(JSON.parse(schema.stdout)).toEqual(JSON.parse(file));
    expect((await packed.longhaul(['completion', 'bash'])).stdout).toContain('complete -F _longhaul longhaul');
  });

  it('runs longhaul doctor without a Temporal server: what is there, what is not, and one exit code', async () => {
    const doctor = await packed.longhaul(['doctor'], { TEMPORAL_ADDRESS: '127.0.0.1:1' });
    expect(doctor.exitCode).toBe(5);
    expect(doctor.stdout).toContain('Node.js');
    expect(doctor.stdout).toContain(path.join(packed.folder, 'configs'));
    expect(doctor.stdout).not.toContain('npm run');
  });

  describe('longhaul dev', () => {
    let dev: ChildProcess | undefined;
    let stack: StackDescription;
    beforeAll(async () => {
      dev = spawn(process.execPath, [path.join(packed.folder, 'node_modules/.bin/longhaul'), 'dev', '--json'], {
        cwd: packed.folder,
        env: packed.env(),
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      if (dev.stdout === null) throw new Error('longhaul dev has no standard output');
      const [line] = (await once(createInterface({ input: dev.stdout }), 'line')) as [string];
      stack = JSON.parse(line) as StackDescription;
    }, READY_MS);
    afterAll(async () => {
      if (dev === undefined || dev.exitCode !== null) return;
      const closed = once(dev, 'close');
      dev.kill('SIGINT');
      await closed;
    }, READY_MS);

    it('keeps its data in the folder that it was started in', () => {
      expect(stack.dataDir).toBe(path.join(packed.folder, '.longhaul'));
      expect(existsSync(path.join(stack.dataDir, 'configs', 'sample', 'config.json'))).toBe(true);
    });

    it(
      'has a worker that moves bytes',
      async () => {
        const settings = {
          TEMPORAL_ADDRESS: stack.temporal.address,
          TEMPORAL_NAMESPACE: stack.temporal.namespace,
          LONGHAUL_CONFIG_DIR: path.join(stack.dataDir, 'configs'),
        };
        const restored = await packed.longhaul(['restore', '20250115_sample', '--json'], settings);
        expect({ exitCode: restored.exitCode, stderr: restored.stderr }).toEqual({ exitCode: 0, stderr: '' });
        expect(restored.stdout).toContain('SUCCESS');
        const doctor = await packed.longhaul(['doctor', '--json'], settings);
        expect({ exitCode: doctor.exitCode, stdout: doctor.stdout }).toMatchObject({ exitCode: 0 });
      },
      READY_MS,
    );
  });

  it('has looked at no file of the repository, and written none into itself', () => {
    expect(packed.outsideReads()).toEqual([]);
    expect(filesBelow(packed.root)).toEqual(before);
  });
});
