/** What the set-up says where an optional server cannot be had. */
import { spawnSync } from 'node:child_process';
import { chmodSync, symlinkSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { REPOSITORY_ROOT } from '../../src/dev/tools';
import { freshFolder } from '../support/shared-stack';

describe('the set-up of optional servers', () => {
  const folder = freshFolder('tools');
  afterAll(() => folder.remove());

  /** Without anything on PATH but node and what is put there; the tools of the plain stack come from their variables. */
  const setUp = (names: string[], env: Record<string, string> = {}) => {
    const program = path.join(folder.path, 'program');
    writeFileSync(program, '#!/bin/sh\n');
    chmodSync(program, 0o755);
    const args = ['--tools-only', '--json', ...names.flatMap((name) => ['--with', name])];
    return spawnSync(process.execPath, [path.join(REPOSITORY_ROOT, 'scripts', 'setup.mjs'), ...args], {
      encoding: 'utf8',
      env: {
        PATH: folder.path,
        HOME: folder.path,
        LONGHAUL_TEMPORAL_PATH: program,
        LONGHAUL_VERSITYGW_PATH: program,
        ...env,
      },
    });
  };

  it('leaves them alone unless they are asked for', () => {
    const { status, stdout } = setUp([]);
    expect(status).toBe(0);
    expect(Object.keys((JSON.parse(stdout) as { tools: object }).tools)).toEqual(['temporal', 'versitygw']);
  });

  it('names Java, Go and what else would help', () => {
    const { status, stderr } = setUp(['bridge']);
    expect(status).toBe(10);
    expect(stderr).toContain('ElasticMQ (the SQS server of the bridge) needs Java 17 or newer: java is not installed');
    expect(stderr).toContain('Pub/Sub emulator 2.6.2');
    expect(stderr).toContain('install Go 1.26.4 or newer');
    expect(stderr).toContain('LONGHAUL_PUBSUB_EMULATOR_PATH');
  });

  it('refuses a Java that is too old, and names it', () => {
    const java = path.join(folder.path, 'java');
    writeFileSync(java, '#!/bin/sh\necho \'openjdk version "11.0.2" 2019-01-15\' >&2\n');
    chmodSync(java, 0o755);
    symlinkSync('/bin/sh', path.join(folder.path, 'sh'));
    expect(setUp(['elasticmq']).stderr).toContain('java on PATH is version 11');
  });

  it('takes what a variable names, and refuses an unknown name', () => {
    const given = setUp(['fake-gcs-server'], { LONGHAUL_FAKE_GCS_SERVER_PATH: path.join(folder.path, 'program') });
    expect((JSON.parse(given.stdout) as { tools: Record<string, string> }).tools['fake-gcs-server']).toBe(
      path.join(folder.path, 'program'),
    );
    expect(setUp(['nothing']).status).toBe(2);
  });
});
