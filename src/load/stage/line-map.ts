/** Which line of a file a line of a chunk came from. Only chunks that do not follow their file line by line have one. */
import { LonghaulError } from '../../model/errors';

/** The chunk is ended where it would have more: the object stays small, and memory bounded. */
export const MAX_BREAKS = 100_000;

/** Pairs of lines: of the chunk from 0, of the file. Between two pairs, both count one by one. */
export type LineBreaks = readonly number[];

/** Differences, as text: a few bytes a pair. */
export function encodeBreaks(breaks: LineBreaks): Buffer {
  let text = '';
  let [lastChunk, lastFile] = [0, 0];
  for (let at = 0; at < breaks.length; at += 2) {
    const [chunk = 0, file = 0] = [breaks[at], breaks[at + 1]];
    text += `${chunk - lastChunk} ${file - lastFile}\n`;
    [lastChunk, lastFile] = [chunk, file];
  }
  return Buffer.from(text);
}

export function decodeBreaks(bytes: Buffer): LineBreaks {
  const breaks: number[] = [];
  let [chunk, file] = [0, 0];
  for (const line of bytes.toString('latin1').split('\n')) {
    if (line === '') continue;
    const [chunkStep, fileStep] = line.split(' ').map(Number);
    if (chunkStep === undefined || fileStep === undefined || Number.isNaN(chunkStep + fileStep)) {
      throw new LonghaulError('Internal', 'A line map of the staging area is damaged');
    }
    chunk += chunkStep;
    file += fileStep;
    breaks.push(chunk, file);
  }
  return breaks;
}

/** Line of the file for a row that begins at this line of the chunk, from 0. */
export function sourceLine(chunkLine: number, firstLine: number, breaks: LineBreaks): number {
  let low = 0;
  let high = breaks.length / 2;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((breaks[2 * middle] as number) <= chunkLine) low = middle + 1;
    else high = middle;
  }
  if (low === 0) return firstLine + chunkLine;
  return (breaks[2 * low - 1] as number) + chunkLine - (breaks[2 * low - 2] as number);
}
