import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { completionScript, SHELLS, type Shell } from '../../../src/client/lib/command/completion';
import { allNodes, commandTree } from '../../../src/client/lib/command/tree';
import { createProgram } from '../../../src/client/main';
import { describeWhere } from '../../support/skip';
import { runCli } from './run-cli';

const TREE = commandTree(createProgram());
const has = (program: string): boolean => spawnSync(program, ['--version']).status === 0;

let folder: string;
const scripts = {} as Record<Shell, string>;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'longhaul-completion-'));
  for (const shell of SHELLS) {
    scripts[shell] = path.join(folder, shell);
    writeFileSync(scripts[shell], completionScript(shell, TREE));
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What Tab offers after these words, the last of which is being typed, as bash hands them to the function. */
const inBash = (...words: string[]): string[] => {
  const program = `
    source "$1"; shift
    complete -p longhaul >/dev/null || exit 1
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
    _longhaul
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const args = ['--norc', '--noprofile', '-c', program, 'bash', scripts.bash, 'longhaul', ...words];
  return execFileSync('bash', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
    .split('\n')
    .filter((line) => line !== '');
};

describeWhere(has('bash'), 'bash')('in bash', () => {
  it('offers every command, and below a group its commands', () => {
    expect(inBash('')).toEqual(createProgram().commands.map((command) => command.name()));
    expect(inBash('ex')).toEqual(['export']);
    expect(inBash('schedule', '')).toEqual(expect.arrayContaining(['create', 'backfill', 'delete']));
    expect(inBash('schedule', 'create', 'x', '--ov')).toEqual(['--overlap']);
  });

  it.each(allNodes(TREE).map(({ path: words, options }) => ({ words, options })))(
    'offers every option of "longhaul $words" once one is begun',
    ({ words, options }) => {
      const typed = words === '' ? [] : words.split(' ');
      expect(inBash(...typed, '--')).toEqual(
        options.flatMap(({ flags }) => flags).filter((flag) => flag.startsWith('--')),
      );
    },
  );

  it('offers choices of options and arguments, also behind =', () => {
    expect(inBash('load', '--load-type', '')).toEqual(['full', 'delta', 'sample']);
    expect(inBash('schedule', 'create', 'x', '--overlap', '=', 'al')).toEqual(['allow-all']);
    expect(inBash('schedule', 'create', 'x', '--overlap', '=')).toContain('skip');
    expect(inBash('completion', '')).toEqual([...SHELLS]);
    expect(inBash('schema', 'pro')).toEqual(['project']);
  });

  it('offers files where one is meant, and nothing where a value is free', () => {
    expect(inBash('event', 'validate', path.join(folder, 'ba'))).toEqual([scripts.bash]);
    expect(inBash('dev', '--data-dir', path.join(folder, 'f'))).toEqual([scripts.fish]);
    expect(inBash('status', '')).toEqual([]);
    expect(inBash('export', 'p', '--run-id', '')).toEqual([]);
    expect(inBash('dev', '--no-worker', '--js')).toEqual(['--json']);
  });
});

describeWhere(has('zsh'), 'zsh')('in zsh', () => {
  it('is a script that zsh reads', () => {
    expect(spawnSync('zsh', ['-n', scripts.zsh], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  });
});

describeWhere(has('fish'), 'fish')('in fish', () => {
  it('offers commands and choices', () => {
    const offered = (line: string): string[] =>
      execFileSync('fish', ['--no-config', '-c', 'source $argv[1]; complete -C $argv[2]', scripts.fish, line], {
        encoding: 'utf8',
      })
        .trim()
        .split('\n')
        .map((each) => each.split('\t')[0] ?? '');
    expect(offered('longhaul sche')).toEqual(['schedule', 'schema']);
    expect(offered('longhaul load --load-type ').sort()).toEqual(['delta', 'full', 'sample']);
  });
});

it('is printed by the command, which names the shells that it knows', async () => {
  const { exitCode, stdout } = await runCli('completion', 'bash');
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: completionScript('bash', TREE) });
  const wrong = await runCli('completion', 'tcsh');
  expect(wrong.exitCode).toBe(2);
  expect(wrong.stderr).toContain('Allowed choices are bash, zsh, fish');
});
