/** The chunked transfer coding (RFC 9112 section 7.1): error pages come in it, files hardly ever. */
import { malformed } from './head';

const MAX_LINE_BYTES = 8 * 1024;

export class ChunkedDecoder {
  isEnded = false;
  private line = '';
  private leftBytes = 0;
  private expects: 'size' | 'data' | 'dataEnd' | 'trailer' = 'size';

  /** The decoded bytes of what has come. Throws an error with the code HPE_INVALID_REPLY. */
  decode(data: Buffer): Buffer[] {
    const decoded: Buffer[] = [];
    for (let at = 0; at < data.length && !this.isEnded;) {
      if (this.expects === 'data') {
        const piece = data.subarray(at, at + this.leftBytes);
        decoded.push(piece);
        at += piece.length;
        this.leftBytes -= piece.length;
        if (this.leftBytes === 0) this.expects = 'dataEnd';
        continue;
      }
      const end = data.indexOf(0x0a, at);
      this.line += data.toString('latin1', at, end < 0 ? data.length : end + 1);
      at = end < 0 ? data.length : end + 1;
      if (this.line.length > MAX_LINE_BYTES) throw malformed('a chunk of no size');
      if (end >= 0) this.endLine();
    }
    return decoded;
  }

  private endLine(): void {
    const line = this.line.replace(/\r?\n$/, '');
    this.line = '';
    if (this.expects === 'dataEnd') {
      if (line !== '') throw malformed('a chunk that is longer than its size');
      this.expects = 'size';
    } else if (this.expects === 'trailer') {
      this.isEnded = line === '';
    } else {
      const [, size] = /^([0-9a-fA-F]{1,12})[ \t]*(?:;.*)?$/.exec(line) ?? [];
      if (size === undefined) throw malformed('a chunk of no size');
      this.leftBytes = parseInt(size, 16);
      this.expects = this.leftBytes === 0 ? 'trailer' : 'data';
    }
  }
}
