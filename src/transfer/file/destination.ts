/**
 * A folder on a local disk as a destination. Files it creates, each beside its target:
 *   .<name>.<id>.partial           the bytes, at their places, until all are there and verified
 *   .<name>.<id>.partial.journal   which parts are on the disk (journal.ts)
 *   .<name>.<id>.<random>.partial  a small file, written whole
 * Invariant: a target is absent, as it was before, or whole and verified. A target appears by one rename, after its bytes
 * are on the disk. Two processes with the same transfer and version do not harm each other: they write the same bytes to the
 * same places, and the one that finds its partial renamed or removed gets UploadLost. Keys are paths relative to the folder, checked by `resolveInside` at each use.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, stat, unlink } from 'node:fs/promises';
import * as path from 'node:path';
import { LonghaulError } from '../../model/errors';
import type { Checksums } from '../checksums';
import type { CompleteRequest, Destination, ListedPart, PartToWrite, StoredObject } from '../destination';
import { bytesOfParts } from '../integrity';
import { crc32Of, encodeCrc32 } from '../lib/crc32';
import { headLine, type JournalHead } from './journal';
import { ifThere, onDisk } from './local-errors';
import {
  listPartial,
  OpenPartial,
  removeFile,
  removePartial,
  replaceWith,
  writeWhole,
  type PartialNames,
} from './partial';
import { resolveInside } from './safe-path';

export interface FileDestinationOptions {
  /** The folder that all keys are relative to; it must exist. Folders below it are made as needed. */
  readonly root: string;
  /** Of the transfer that writes here: partials are named by it, so another's are never touched. */
  readonly transferId: string;
  /** As in the transfer's spec, raised by `partSizeFor` where that is: a part's place in the file follows from it. */
  readonly partSizeBytes: number;
  /** Size of the file where it is known: the partial has it from the beginning. */
  readonly sizeBytes?: number;
  /** Names the version of the source: parts of another version are never continued. */
  readonly version?: Readonly<Record<string, string>>;
  /**
   * Asked before a whole file replaces its target. False, or an error: the partial is removed and the target stays as it
   * was; false is thrown as VerificationFailed. An abort keeps the partial.
   */
  readonly verify?: (partialPath: string, signal: AbortSignal) => Promise<boolean>;
}

/** Errors as `Destination`, of the local part of the table: DiskFull, DestinationNotWritable, PathRefused, … */
export interface FileDestination extends Destination {
  /** True where an earlier attempt has left a partial of this transfer and version, which `begin` goes on with. */
  hasPartial(key: string): Promise<boolean>;
  /** Removes whatever attempts of this transfer have left beside the target, and never the target. */
  removeLeftovers(key: string): Promise<void>;
  /** Lets go of open files; partials stay for the next attempt. To be called when the transfer is over. */
  close(): Promise<void>;
}

export function createFileDestination(options: FileDestinationOptions): FileDestination {
  return new LocalFiles(options);
}

/** Name bytes left for the target's own name, so that ours stay within NAME_MAX. */
const MAX_BASE_BYTES = 180;
/** As `findUploads` promises. */
const CLOCK_SLACK_MS = 5_000;

class LocalFiles implements FileDestination {
  readonly algorithms = ['crc32'] as const;
  private readonly unremoved = new Set<string>();
  private readonly opened = new Map<string, Promise<OpenPartial>>();
  /** What this object has published: where, and what file it was. Files have no place for our marker. */
  private readonly published = new Map<string, string>();
  private readonly head: string;

  constructor(private readonly options: FileDestinationOptions) {
    const { transferId, partSizeBytes, sizeBytes, version } = options;
    const head: JournalHead = { transferId, partSizeBytes, sizeBytes, metadata: version };
    this.head = headLine(head);
  }

  display(key: string): string {
    return path.join(this.options.root, key);
  }

  async begin(key: string, _attributes: unknown, signal: AbortSignal): Promise<string> {
    const { id, names } = await this.place(key, true, signal);
    await this.release(id);
    const opening = onDisk(`Making ${names.partial}`, signal, () =>
      OpenPartial.begin(names, this.head, this.options.sizeBytes),
    );
    this.opened.set(id, opening);
    try {
      await opening;
    } catch (error) {
      this.opened.delete(id);
      throw error;
    }
    return id;
  }

  async hasPartial(key: string): Promise<boolean> {
    const { names } = await this.place(key, false);
    return (await onDisk(`Reading ${names.journal}`, undefined, () => listPartial(names, this.head))) !== undefined;
  }

  async listParts(key: string, uploadId: string, signal: AbortSignal): Promise<ListedPart[]> {
    const { names } = await this.placeOf(key, uploadId, signal);
    const parts = await onDisk(`Reading ${names.journal}`, signal, () => listPartial(names, this.head));
    if (parts === undefined) throw this.lost(key);
    return parts;
  }

  async writePart(key: string, uploadId: string, part: PartToWrite, signal: AbortSignal): Promise<ListedPart> {
    const { number, body, crc32 = crc32Of(body) } = part;
    const { partSizeBytes } = this.options;
    if (body.length > partSizeBytes) {
      const text = `Part ${number} of ${this.display(key)} has ${body.length} bytes, planned are ${partSizeBytes}`;
      throw new LonghaulError('Internal', text, { destination: this.display(key) });
    }
    const partial = await this.openOf(key, uploadId, signal);
    const listed = { number, bytes: body.length, crc32, etag: encodeCrc32(crc32) };
    await onDisk(`Writing ${this.display(key)}`, signal, () =>
      partial.write(listed, body, (number - 1) * partSizeBytes),
    );
    return listed;
  }

  async complete(key: string, uploadId: string, request: CompleteRequest, signal: AbortSignal): Promise<StoredObject> {
    const { target, names } = await this.placeOf(key, uploadId, signal);
    const partial = await this.openOf(key, uploadId, signal);
    this.assertWhole(key, request);
    const assertCurrent = async (): Promise<void> => {
      if (!(await onDisk(`Looking at ${names.partial}`, signal, () => partial.isCurrent()))) throw this.lost(key);
    };
    await onDisk(`Writing ${this.display(key)}`, signal, () => partial.settle(request.bytes));
    await assertCurrent();
    try {
      await this.verify(key, names.partial, signal);
    } catch (error) {
      // An abort, or a disk that may recover, keeps what has arrived; a verdict that would be the same again does not.
      if (!(error instanceof LonghaulError) || error.retryable || signal.aborted) throw error;
      await assertCurrent();
      await this.release(uploadId);
      await onDisk(`Removing ${names.partial}`, undefined, () => removePartial(names));
      throw error;
    }
    await assertCurrent();
    // Gone since the look a moment ago: another process with this transfer has put it in place.
    const isPublished = await onDisk(`Replacing ${target}`, signal, () =>
      ifThere(partial.publish(target).then(() => true)),
    );
    if (isPublished === undefined) throw this.lost(key);
    await this.release(uploadId);
    return this.remember(target, request.bytes, request.crc32);
  }

  async abort(key: string, uploadId: string, signal: AbortSignal): Promise<void> {
    const { names } = await this.placeOf(key, uploadId, signal);
    await this.release(uploadId);
    if (!(await onDisk(`Removing ${names.partial}`, signal, () => removePartial(names)))) throw this.lost(key);
  }

  async putWhole(
    key: string,
    _attributes: unknown,
    body: Buffer,
    { crc32 }: Checksums,
    signal: AbortSignal,
  ): Promise<StoredObject> {
    const { target, names } = await this.place(key, true, signal);
    // A name of its own: another process with this transfer must not write to what we are about to rename.
    const file = names.partial.replace(/partial$/, `${randomBytes(4).toString('hex')}.partial`);
    await this.removeUnremoved(signal);
    try {
      await onDisk(`Writing ${this.display(key)}`, signal, () => writeWhole(file, body));
      await this.verify(key, file, signal);
      await onDisk(`Replacing ${target}`, signal, () => replaceWith(file, target));
      return await this.remember(target, body.length, crc32);
    } catch (error) {
      await removeFile(file).catch(() => this.unremoved.add(file));
      throw error;
    }
  }

  /** Nobody else knows the names of what a failed try could not remove. */
  private async removeUnremoved(signal: AbortSignal): Promise<void> {
    for (const file of this.unremoved) {
      await onDisk(`Removing ${file}`, signal, () => removeFile(file));
      this.unremoved.delete(file);
    }
  }

  async stat(key: string, signal: AbortSignal): Promise<StoredObject | undefined> {
    const { target } = await this.place(key, false, signal);
    const found = await onDisk(`Looking at ${target}`, signal, () => ifThere(stat(target)));
    if (found === undefined) return undefined;
    const isOurs = this.published.get(target) === identity(found);
    return { bytes: found.size, ...(isOurs ? { transferId: this.options.transferId } : {}) };
  }

  /** Of exactly this target and this destination's transfer: one at most. */
  async findUploads(key: string, since: Date, signal: AbortSignal): Promise<{ uploadId: string; initiated: Date }[]> {
    const { id, names } = await this.place(key, false, signal);
    const found = await onDisk(`Looking at ${names.journal}`, signal, () => ifThere(stat(names.journal)));
    if (found === undefined || found.mtimeMs < since.getTime() - CLOCK_SLACK_MS) return [];
    return [{ uploadId: id, initiated: found.birthtime }];
  }

  async deleteObject(key: string, _versionId: string | undefined, signal: AbortSignal): Promise<void> {
    const { target } = await this.place(key, false, signal);
    await onDisk(`Deleting ${target}`, signal, () => ifThere(unlink(target)));
  }

  async removeLeftovers(key: string): Promise<void> {
    const { id, names } = await this.place(key, false);
    await this.release(id);
    const folder = path.dirname(names.partial);
    const start = path.basename(names.partial).slice(0, -'partial'.length);
    await onDisk(`Cleaning up in ${folder}`, undefined, async () => {
      const found = (await ifThere(readdir(folder))) ?? [];
      for (const name of found.filter((each) => each.startsWith(start))) await removeFile(path.join(folder, name));
    });
  }

  async close(): Promise<void> {
    await Promise.all([...this.opened.keys()].map((id) => this.release(id)));
  }

  /** Resolves where the file is good; what is not good is removed. */
  private async verify(key: string, file: string, signal: AbortSignal): Promise<void> {
    const { verify } = this.options;
    if (verify === undefined || (await verify(file, signal))) return;
    throw new LonghaulError(
      'VerificationFailed',
      `What arrived for ${this.display(key)} is not what was to arrive; it has been removed`,
      { operation: 'verify', destination: this.display(key) },
    );
  }

  private assertWhole(key: string, { parts, bytes }: CompleteRequest): void {
    const { partSizeBytes, sizeBytes } = this.options;
    const isWhole =
      bytesOfParts(parts) === bytes &&
      (sizeBytes === undefined || sizeBytes === bytes) &&
      parts.every((part, index) => part.number === index + 1) &&
      parts.slice(0, -1).every((part) => part.bytes === partSizeBytes);
    if (isWhole) return;
    throw new LonghaulError('VerificationFailed', `Not all parts of ${this.display(key)} have arrived`, {
      operation: 'verify',
      destination: this.display(key),
    });
  }

  private async place(key: string, makeFolder: boolean, signal?: AbortSignal): Promise<Place> {
    signal?.throwIfAborted();
    const target = await resolveInside(this.options.root, key);
    const folder = path.dirname(target);
    if (makeFolder) await onDisk(`Making ${folder}`, signal, () => mkdir(folder, { recursive: true }));
    const id = createHash('sha256').update(`${this.options.transferId}\0${key}`).digest('hex').slice(0, 16);
    const base = path.basename(target);
    const short = Buffer.byteLength(base) <= MAX_BASE_BYTES ? base : base.slice(0, MAX_BASE_BYTES / 4);
    const partial = path.join(folder, `.${short}.${id}.partial`);
    return { target, id, names: { partial, journal: `${partial}.journal` } };
  }

  private async placeOf(key: string, uploadId: string, signal: AbortSignal): Promise<Place> {
    const found = await this.place(key, false, signal);
    if (found.id !== uploadId) throw this.lost(key);
    return found;
  }

  private async openOf(key: string, uploadId: string, signal: AbortSignal): Promise<OpenPartial> {
    const { names } = await this.placeOf(key, uploadId, signal);
    const known = this.opened.get(uploadId);
    if (known !== undefined) return known;
    const opening = onDisk(`Opening ${names.partial}`, signal, () => ifThere(OpenPartial.open(names))).then(
      (partial) => {
        if (partial === undefined) throw this.lost(key);
        return partial;
      },
    );
    this.opened.set(uploadId, opening);
    opening.catch(() => this.opened.delete(uploadId));
    return opening;
  }

  private async release(uploadId: string): Promise<void> {
    const opening = this.opened.get(uploadId);
    this.opened.delete(uploadId);
    const partial = await opening?.catch(() => undefined);
    await partial?.close();
  }

  private async remember(target: string, bytes: number, crc32: number | undefined): Promise<StoredObject> {
    const found = await ifThere(stat(target));
    if (found !== undefined) this.published.set(target, identity(found));
    return { bytes, ...(crc32 === undefined ? {} : { crc32 }), transferId: this.options.transferId };
  }

  private lost(key: string): LonghaulError {
    return new LonghaulError('UploadLost', `There is no partial file of this transfer for ${this.display(key)}`, {
      destination: this.display(key),
    });
  }
}

interface Place {
  readonly target: string;
  readonly id: string;
  readonly names: PartialNames;
}

const identity = (file: { dev: number; ino: number; size: number; mtimeMs: number }): string =>
  [file.dev, file.ino, file.size, file.mtimeMs].join(':');
