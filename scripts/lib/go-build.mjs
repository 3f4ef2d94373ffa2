/** Builds a tool from the modules that tools/<name>/go.mod and go.sum pin. */
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { atLeast, run, withProgress } from './progress.mjs';
import { GO_VERSION } from './tools.mjs';

/** From this version on, `go` fetches the toolchain that go.mod asks for, unless GOTOOLCHAIN forbids it. */
const SELF_UPDATING_GO = '1.21.0';

const checkGo = async (env) => {
  // Outside any module, or go would first fetch the toolchain that go.mod names.
  const output = await run('go', ['env', 'GOVERSION', 'GOTOOLCHAIN'], { cwd: tmpdir(), env });
  const [version = '', toolchain = ''] = output.trim().split('\n');
  const found = /^go(\d+\.\d+(?:\.\d+)?)/.exec(version)?.[1];
  if (found === undefined) throw new Error(`go says "${version}" as its version`);
  if (atLeast(found, GO_VERSION)) return;
  if (atLeast(found, SELF_UPDATING_GO) && toolchain !== 'local') return;
  throw new Error(`go ${found} is older than ${GO_VERSION} and does not fetch a newer one (GOTOOLCHAIN=${toolchain})`);
};

/** Builds into a temporary name beside `target` and renames it, so that nobody ever runs half a file. */
export const goBuild = async (tool, target, repositoryRoot, host) => {
  const env = { ...host, CGO_ENABLED: '0' };
  await checkGo(env);
  mkdirSync(dirname(target), { recursive: true });
  const unfinished = `${target}.build-${process.pid}`;
  let last = '';
  try {
    await withProgress(
      `building ${tool.title} ${tool.version} with Go (${tool.buildTime})`,
      () =>
        run(
          'go',
          ['build', '-trimpath', '-buildvcs=false', '-ldflags', tool.ldflags, '-o', unfinished, tool.goPackage],
          {
            cwd: join(repositoryRoot, 'tools', tool.name),
            env,
            onStderr: (text) => (last = text.trim().split('\n').at(-1) ?? ''),
          },
        ),
      () => (last ? `, ${last.slice(0, 80)}` : ''),
    );
    renameSync(unfinished, target);
  } finally {
    rmSync(unfinished, { force: true });
  }
};
