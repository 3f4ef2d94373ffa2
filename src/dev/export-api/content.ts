/** The bytes of sample files: any range of any version, from disk or computed, and their checksums. */
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import type { SampleContent, SampleFile } from './types';

const BLOCK_BYTES = 1024 * 1024;
const BLOCK_WORDS = BLOCK_BYTES / 4;
/** Fits a core's L2 cache, so that computing a chunk and handing it to the kernel costs one trip to memory. */
export const CHUNK_BYTES = 256 * 1024;

/** A bijection of 32-bit numbers (MurmurHash3's finalizer): different inputs never give the same mask. */
const mix = (value: number): number => {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
};

let baseBlock: Uint32Array | undefined;

const base = (): Uint32Array => {
  if (baseBlock === undefined) {
    baseBlock = new Uint32Array(BLOCK_WORDS);
    let state = 0x9e3779b9;
    for (let i = 0; i < BLOCK_WORDS; i++) baseBlock[i] = state = mix(state + i + 1);
  }
  return baseBlock;
};

/**
 * Fills `words` with the generated file's 32-bit words from `firstWord` on. One random block, XORed with a mask that
 * differs for every block of a file and for every seed: bytes that land at a wrong offset never compare equal.
 */
const generateWords = (words: Uint32Array, firstWord: number, seed: number): void => {
  const source = base();
  let done = 0;
  while (done < words.length) {
    const word = firstWord + done;
    const inBlock = word % BLOCK_WORDS;
    const mask = mix(Math.floor(word / BLOCK_WORDS) ^ mix(seed));
    const count = Math.min(BLOCK_WORDS - inBlock, words.length - done);
    for (let i = 0; i < count; i++) words[done + i] = (source[inBlock + i] ?? 0) ^ mask;
    done += count;
  }
};

/** Reads a file's bytes at any offset. Close it when done. */
export interface ContentReader {
  /**
   * The bytes from `offsetBytes` on, at most CHUNK_BYTES and at most `lengthBytes` of them.
   * The buffer is overwritten by the next read.
   */
  read(offsetBytes: number, lengthBytes: number): Promise<Buffer>;
  close(): Promise<void>;
}

const generatedReader = (seed: number): ContentReader => {
  // Room for a word before and after, because an offset need not be a multiple of four.
  const words = new Uint32Array(CHUNK_BYTES / 4 + 2);
  const bytes = Buffer.from(words.buffer);
  return {
    read(offsetBytes, lengthBytes) {
      const firstWord = Math.floor(offsetBytes / 4);
      const skipBytes = offsetBytes - firstWord * 4;
      const count = Math.min(lengthBytes, CHUNK_BYTES);
      generateWords(words.subarray(0, Math.ceil((skipBytes + count) / 4)), firstWord, seed);
      return Promise.resolve(bytes.subarray(skipBytes, skipBytes + count));
    },
    close: () => Promise.resolve(),
  };
};

const diskReader = async (file: string, version: number): Promise<ContentReader> => {
  const handle = await open(file, 'r');
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  return {
    async read(offsetBytes, lengthBytes) {
      const { bytesRead } = await handle.read(buffer, 0, Math.min(lengthBytes, CHUNK_BYTES), offsetBytes);
      const chunk = buffer.subarray(0, bytesRead);
      // A later version of a real file: other bytes, same length.
      if (version > 1) for (let i = 0; i < chunk.length; i++) chunk[i] = (chunk[i] ?? 0) ^ (version & 0xff);
      return chunk;
    },
    close: () => handle.close(),
  };
};

/** @param version 1 is the file as it was configured; each later one has other bytes of the same length. */
export const openContent = async (content: SampleContent, version: number): Promise<ContentReader> =>
  content.kind === 'disk'
    ? diskReader(content.file, version)
    : generatedReader(mix(content.seed) ^ mix(version * 0x1000193));

async function* chunksOf(file: SampleFile, version: number): AsyncGenerator<Buffer> {
  const reader = await openContent(file.content, version);
  try {
    for (let offset = 0; offset < file.sizeBytes;) {
      const chunk = await reader.read(offset, file.sizeBytes - offset);
      if (chunk.length === 0) throw new Error(`${file.path} is shorter than its declared ${file.sizeBytes} bytes`);
      offset += chunk.length;
      yield chunk;
    }
  } finally {
    await reader.close();
  }
}

/** The bytes that a finished transfer of the file must have, computed without the server. */
export const expectedContent = (file: SampleFile, version = 1): Readable =>
  Readable.from(
    (async function* () {
      for await (const chunk of chunksOf(file, version)) yield Buffer.from(chunk);
    })(),
    { objectMode: false, highWaterMark: CHUNK_BYTES },
  );

/** CRC32 of the whole file, as S3 writes it: base64 of four big-endian bytes. */
export const expectedCrc32 = async (file: SampleFile, version = 1): Promise<string> => {
  let value = 0;
  for await (const chunk of chunksOf(file, version)) value = crc32(chunk, value);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes.toString('base64');
};
