/** Where the servers of the embedded stack are. scripts/setup.mjs finds or makes them; nothing of that is repeated here. */
import { spawn } from 'node:child_process';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { EXIT_CODES, LonghaulError } from '../model/errors';

export interface ToolPaths {
  readonly temporal: string;
  readonly versitygw: string;
}

/** Servers that are set up when they are first asked for. ElasticMQ is a folder of jars. */
export type OptionalTool = 'elasticmq' | 'pubsub-emulator' | 'fake-gcs-server';

/** The same two levels up from src/dev and from dist/dev. */
export const REPOSITORY_ROOT = path.resolve(__dirname, '..', '..');

/** Lines of progress begin with this; what follows the last of them is why the set-up failed. */
const PROGRESS = 'setup: ';

const runSetup = (
  optional: readonly OptionalTool[],
): Promise<{ code: number | null; stdout: string; reason: string }> =>
  new Promise((resolve, reject) => {
    const script = path.join(REPOSITORY_ROOT, 'scripts', 'setup.mjs');
    const args = [script, '--tools-only', '--json', ...optional.flatMap((name) => ['--with', name])];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    const reason: string[] = [];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    createInterface({ input: child.stderr }).on('line', (line) => {
      // A first build takes minutes: show that it goes on.
      if (line.startsWith(PROGRESS)) process.stderr.write(`${line}\n`);
      else reason.push(line);
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, reason: reason.join('\n') }));
  });

const find = async (...optional: OptionalTool[]): Promise<ToolPaths & Partial<Record<OptionalTool, string>>> => {
  const { code, stdout, reason } = await runSetup(optional);
  if (code === 0) return (JSON.parse(stdout) as { tools: ToolPaths & Partial<Record<OptionalTool, string>> }).tools;
  if (code === EXIT_CODES.local) throw new LonghaulError('ToolMissing', reason.replace(/^ToolMissing: /, ''));
  throw new LonghaulError(
    'Internal',
    `The set-up of the embedded servers ended with exit code ${code ?? 'unknown'}: ${reason}`,
  );
};

let found: Promise<ToolPaths> | null = null;

/** Paths of the Temporal CLI and versitygw; downloads or builds them where they are missing. Throws ToolMissing. */
export const toolPaths = (): Promise<ToolPaths> => {
  found ??= find().catch((error: unknown) => {
    found = null; // so that a later call can succeed once the fault is mended
    throw error;
  });
  return found;
};

const optionalFound = new Map<OptionalTool, Promise<string>>();

/** Where one of the optional tools is; builds or fetches it where it is missing. Throws ToolMissing. */
export const optionalToolPath = (name: OptionalTool): Promise<string> => {
  const known = optionalFound.get(name);
  if (known !== undefined) return known;
  const finding = find(name).then((tools) => {
    const tool = tools[name];
    if (tool === undefined) throw new LonghaulError('Internal', `The set-up did not say where ${name} is.`);
    return tool;
  });
  finding.catch(() => optionalFound.delete(name));
  optionalFound.set(name, finding);
  return finding;
};
