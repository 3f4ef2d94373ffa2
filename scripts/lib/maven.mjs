/** Jars of a tool that runs on Java, fetched by Maven as tools/<name>/pom.xml pins them. */
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run, withProgress } from './progress.mjs';

/** Null where `java` of PATH is new enough, else why it is not. Java writes its version to standard error. */
export const checkJava = async (wanted, host) => {
  let output = '';
  try {
    await run('java', ['-version'], { env: host, onStderr: (text) => (output += text) });
  } catch (error) {
    return error.message;
  }
  const found = /version "(?:1\.)?(\d+)/.exec(output)?.[1];
  if (found === undefined) return `java says "${output.split('\n')[0]}" as its version`;
  return Number(found) >= wanted ? null : `java on PATH is version ${found}`;
};

/** Copies the jars into a folder beside `target` and renames it: nobody ever runs half of them. */
export const mavenCopy = async (tool, target, repositoryRoot, host) => {
  mkdirSync(dirname(target), { recursive: true });
  const unfinished = `${target}.copy-${process.pid}`;
  const pom = join(repositoryRoot, 'tools', tool.name, 'pom.xml');
  const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${unfinished}`, '-DincludeScope=runtime'];
  try {
    await withProgress(`fetching ${tool.title} ${tool.version} with Maven (${tool.buildTime})`, () =>
      run('mvn', ['--batch-mode', '--quiet', '--file', pom, ...goal], { env: host }),
    );
    renameSync(unfinished, target);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
};
