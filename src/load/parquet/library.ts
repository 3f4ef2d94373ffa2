/** hyparquet is made of ES modules, and Longhaul of CommonJS. */
import type * as hyparquetModule from 'hyparquet' with { 'resolution-mode': 'import' };
import type * as compressionModule from 'hyparquet-compressors' with { 'resolution-mode': 'import' };
import { pathToFileURL } from 'node:url';
import { constants, runInThisContext } from 'node:vm';

type Hyparquet = typeof hyparquetModule;
type Compression = typeof compressionModule;

export interface ParquetLibrary {
  readonly hyparquet: Hyparquet;
  readonly compressors: Compression['compressors'];
  /** The same function with promises of the library's own realm, which it tells from values by instanceof. */
  readonly native: <F extends (start: number, end?: number) => Promise<ArrayBuffer>>(slice: F) => F;
}

let loaded: Promise<ParquetLibrary> | undefined;

export function loadHyparquet(): Promise<ParquetLibrary> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<ParquetLibrary> {
  try {
    const { compressors } = await import('hyparquet-compressors');
    return { hyparquet: await import('hyparquet'), compressors, native: (slice) => slice };
  } catch {
    return loadByNode();
  }
}

/**
 * By Node's own import(), whatever has loaded this file: some test runners turn import() into a require of theirs, which cannot
 * take ES modules (Node documentation, vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER). Throws where the packages are not there.
 */
async function loadByNode(): Promise<ParquetLibrary> {
  const importModule = runInThisContext('(url) => import(url)', {
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  }) as (url: string) => Promise<unknown>;
  const urlOf = (name: string): string => pathToFileURL(require.resolve(name)).href;
  const hyparquet = (await importModule(urlOf('hyparquet'))) as Hyparquet;
  const { compressors } = (await importModule(urlOf('hyparquet-compressors'))) as Compression;
  const native = runInThisContext('(slice) => async (start, end) => slice(start, end)') as ParquetLibrary['native'];
  return { hyparquet, compressors, native };
}
