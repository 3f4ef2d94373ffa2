/**
 * XML multipart uploads: https://cloud.google.com/storage/docs/multipart-uploads. Parts in any order and in parallel;
 * a part number sent again replaces the part; nothing is visible before Complete.
 */
import { randomBytes } from 'node:crypto';
import type { Caller } from './access';
import { GcsError } from './answers';
import type { Piece } from './content';
import type { GcsEditable } from './types';

export const MIN_PART_BYTES = 5 * 1024 * 1024;
export const MAX_PART_NUMBER = 10_000;

export interface Part {
  readonly number: number;
  readonly piece: Piece;
  /** Quoted MD5 in hex. */
  readonly etag: string;
  readonly uploadedAt: string;
}

export interface Multipart {
  readonly id: string;
  readonly bucket: string;
  readonly name: string;
  readonly caller: Caller;
  readonly fields: GcsEditable;
  readonly initiatedAt: string;
  readonly parts: Map<number, Part>;
}

const noSuchUpload = (): GcsError =>
  new GcsError(404, 'notFound', 'The requested upload was not found.', 'NoSuchUpload');

export class MultipartUploads {
  readonly #open = new Map<string, Multipart>();

  begin(upload: Pick<Multipart, 'bucket' | 'name' | 'caller' | 'fields'>): Multipart {
    const id = randomBytes(24).toString('base64url');
    const begun = { ...upload, id, initiatedAt: new Date().toISOString(), parts: new Map<number, Part>() };
    this.#open.set(id, begun);
    return begun;
  }

  /** Throws NoSuchUpload, also where the upload is of another object. */
  find(id: string, bucket: string, name: string): Multipart {
    const upload = this.#open.get(id);
    if (upload === undefined || upload.bucket !== bucket || upload.name !== name) throw noSuchUpload();
    return upload;
  }

  async setPart(upload: Multipart, part: Part): Promise<void> {
    // Given up while the part was on its way: its bytes are nobody's.
    if (!this.#open.has(upload.id)) {
      await part.piece.release();
      throw noSuchUpload();
    }
    const previous = upload.parts.get(part.number);
    upload.parts.set(part.number, part);
    await previous?.piece.release();
  }

  /** Ends the upload and releases its parts; an object that was made of them holds its own references. */
  async end(upload: Multipart): Promise<void> {
    if (!this.#open.delete(upload.id)) return;
    await Promise.all([...upload.parts.values()].map(({ piece }) => piece.release()));
  }

  /** By key, then by the time of their beginning, as lists show them. */
  unfinished(bucket?: string): Multipart[] {
    return [...this.#open.values()]
      .filter((upload) => bucket === undefined || upload.bucket === bucket)
      .sort((a, b) => (a.name === b.name ? a.initiatedAt.localeCompare(b.initiatedAt) : a.name < b.name ? -1 : 1));
  }
}
