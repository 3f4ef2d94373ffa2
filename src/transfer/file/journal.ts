/**
 * The journal of a partial file: which parts of it are on the disk. Text; the head line says of what transfer, then one line
 * a part, each with its own checksum, so that a torn line, or zeros after a power failure, count as nothing.
 *   {"v":1,"transferId":…,"sizeBytes":…,"partSizeBytes":…,"attributes":{…}} 1a2b3c4d
 *   7 16777216 9f3c0a11 5e6f7a8b          part number, bytes, CRC32 of the bytes, CRC32 of the line
 */
import { crc32Of } from '../lib/crc32';
import type { ListedPart } from '../destination';

const VERSION = 1;

export interface JournalHead {
  readonly transferId: string;
  readonly partSizeBytes: number;
  readonly sizeBytes: number | undefined;
  /** What else must be the same for the parts to be of one object: the source's version, for instance. */
  readonly metadata: Readonly<Record<string, string>> | undefined;
}

const hex = (crc32: number): string => crc32.toString(16).padStart(8, '0');
const sealed = (text: string): string => `${text} ${hex(crc32Of(Buffer.from(text)))}\n`;

/** The text before the checksum; undefined where that is wrong. */
function unsealed(line: string): string | undefined {
  const text = line.slice(0, -9);
  return sealed(text) === `${line}\n` ? text : undefined;
}

export const headLine = (head: JournalHead): string => sealed(JSON.stringify({ v: VERSION, ...head }));

export const partLine = (part: ListedPart): string => sealed(`${part.number} ${part.bytes} ${hex(part.crc32 ?? 0)}`);

/**
 * The parts, by number; undefined where the journal does not begin with `head`: of another transfer, another version of the
 * source or of this format. A part told of twice counts as told last. Lines that are damaged are left out.
 */
export function readJournal(text: string, head: string): ListedPart[] | undefined {
  if (!text.startsWith(head)) return undefined;
  const parts = new Map<number, ListedPart>();
  // What follows the last line end is torn.
  for (const line of text.split('\n').slice(1, -1)) {
    const match = /^([1-9]\d{0,4}) (\d{1,16}) ([0-9a-f]{8})$/.exec(unsealed(line) ?? '');
    if (match === null) continue;
    const [number, bytes, crc32] = [Number(match[1]), Number(match[2]), parseInt(match[3] ?? '', 16)];
    parts.set(number, { number, bytes, crc32, etag: match[3] ?? '' });
  }
  return [...parts.values()].sort((a, b) => a.number - b.number);
}
