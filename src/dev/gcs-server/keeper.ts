/**
 * Keeps buckets and finished objects in a folder, so that a server started again on it has them still. Owns
 * `buckets.json` and `objects/<generation>.json`. Unfinished uploads are not kept: their sessions are lost with the
 * server, and their bytes are removed at the next start.
 */
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { Content, type Piece, type PieceStore } from './content';
import type { Bucket, GcsObject } from './types';

interface KeptPiece {
  readonly id: string;
  readonly sizeBytes: number;
}

type KeptObject = Omit<GcsObject, 'content'> & { readonly pieces: readonly KeptPiece[] };

/** A reader never sees half a file, even where the process is killed in the middle. */
const write = (file: string, value: unknown): void => {
  writeFileSync(`${file}.new`, JSON.stringify(value));
  renameSync(`${file}.new`, file);
};

export class Keeper {
  readonly #objects: string;
  readonly #buckets: string;

  constructor(private readonly folder: string) {
    this.#objects = path.join(folder, 'objects');
    this.#buckets = path.join(folder, 'buckets.json');
    mkdirSync(this.#objects, { recursive: true });
    mkdirSync(this.piecesFolder, { recursive: true });
  }

  get piecesFolder(): string {
    return path.join(this.folder, 'pieces');
  }

  buckets(): Bucket[] {
    try {
      const kept = JSON.parse(readFileSync(this.#buckets, 'utf8')) as Omit<Bucket, 'objects'>[];
      return kept.map((bucket) => ({ ...bucket, objects: new Map() }));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  saveBuckets(buckets: readonly Bucket[]): void {
    write(
      this.#buckets,
      buckets.map(({ name, versioned, location, timeCreated }) => ({ name, versioned, location, timeCreated })),
    );
  }

  /** All kept versions. Removes the bytes that none of them refers to. */
  objects(store: PieceStore): GcsObject[] {
    const pieces = new Map<string, Piece>();
    const restore = ({ id, sizeBytes }: KeptPiece): Piece => {
      const known = pieces.get(id);
      known?.retain();
      const piece = known ?? store.restore(id, sizeBytes);
      pieces.set(id, piece);
      return piece;
    };
    const files = readdirSync(this.#objects).filter((file) => file.endsWith('.json'));
    const objects = files.map((file) => {
      const { pieces: kept, ...object } = JSON.parse(
        readFileSync(path.join(this.#objects, file), 'utf8'),
      ) as KeptObject;
      return { ...object, content: new Content(kept.map(restore)) };
    });
    for (const file of readdirSync(this.piecesFolder)) {
      if (!pieces.has(path.basename(file, '.bin'))) rmSync(path.join(this.piecesFolder, file), { force: true });
    }
    return objects;
  }

  saveObject({ content, ...object }: GcsObject): void {
    const pieces = content.pieces.map(({ id, sizeBytes }) => ({ id, sizeBytes }));
    const kept: KeptObject = { ...object, pieces };
    write(path.join(this.#objects, `${object.generation}.json`), kept);
  }

  removeObject({ generation }: GcsObject): void {
    rmSync(path.join(this.#objects, `${generation}.json`), { force: true });
  }
}
