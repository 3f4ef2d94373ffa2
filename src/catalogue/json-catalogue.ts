/**
 * A catalogue in one JSON file: an object keyed by id, a list of records, or NDJSON. Read anew for each look, front to back
 * until the record is found: the file may be replaced while the worker runs, and need not fit into memory.
 */
import { createReadStream } from 'node:fs';
import type { CatalogueConfig } from '../config/restore-types';
import { LonghaulError } from '../model/errors';
import { formOf, JsonElements, type JsonForm } from './json-elements';
import { limited } from './limited';
import { toRecord } from './record';
import type { Catalogue, CatalogueRecord } from './types';

const CHUNK_BYTES = 1024 ** 2;
const BACKSLASH = 0x5c;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/** Undefined where this is another record. Of an ObjectId, the Extended JSON that mongoexport writes. */
const recordOf = (form: JsonForm, element: unknown, id: string): unknown => {
  if (typeof element !== 'object' || element === null) return undefined;
  if (form === 'entries') return Object.hasOwn(element, id) ? (element as Record<string, unknown>)[id] : undefined;
  const own: unknown = '_id' in element ? element._id : undefined;
  const oid: unknown = typeof own === 'object' && own !== null && '$oid' in own ? own.$oid : own;
  return oid === id ? element : undefined;
};

export class JsonCatalogue implements Catalogue {
  constructor(private readonly config: Extract<CatalogueConfig, { type: 'json' }>) {}

  async find(id: string, signal: AbortSignal): Promise<CatalogueRecord | null> {
    const { path, timeoutMs } = this.config;
    return limited(signal, timeoutMs, `The catalogue ${path}`, async (either) => {
      try {
        return await this.#search(id, either);
      } catch (error) {
        throw this.#mapped(error);
      }
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #search(id: string, signal: AbortSignal): Promise<CatalogueRecord | null> {
    const { path } = this.config;
    const needle = Buffer.from(JSON.stringify(id));
    let elements: JsonElements | undefined;
    let form: JsonForm = 'values';
    for await (const chunk of createReadStream(path, { signal, highWaterMark: CHUNK_BYTES })) {
      let bytes = chunk as Buffer;
      if (elements === undefined) {
        if (bytes.subarray(0, BOM.length).equals(BOM)) bytes = bytes.subarray(BOM.length);
        form = formOf(bytes.toString('utf8'));
        elements = new JsonElements(path, form);
      }
      for (const element of elements.push(bytes)) {
        // Parsing is what takes the time: only what may be it. Escapes may hide it.
        if (!element.includes(needle) && !element.includes(BACKSLASH)) continue;
        const found = recordOf(form, this.#parsed(form, element), id);
        if (found !== undefined) return toRecord(id, found);
      }
    }
    elements?.end();
    return null;
  }

  #parsed(form: JsonForm, element: Buffer): unknown {
    const text = element.toString('utf8');
    try {
      return JSON.parse(form === 'entries' ? `{${text}}` : text) as unknown;
    } catch {
      // The parser's message quotes the file.
      throw new LonghaulError('CatalogueInvalid', `${this.config.path} has a record that is not JSON.`);
    }
  }

  #mapped(error: unknown): unknown {
    const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
    if (error instanceof LonghaulError || typeof code !== 'string') return error;
    const { path } = this.config;
    if (code === 'EACCES' || code === 'EPERM') {
      return new LonghaulError('CatalogueRefused', `The catalogue ${path} cannot be read (${code}).`);
    }
    if (code === 'EISDIR') return new LonghaulError('CatalogueInvalid', `The catalogue ${path} is a folder.`);
    // A file that is being replaced, or whose disk comes back, is there at the next attempt.
    return new LonghaulError('CatalogueUnreachable', `The catalogue ${path} cannot be read (${code}).`);
  }
}
