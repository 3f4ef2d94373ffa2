/**
 * A Temporal Payload as bytes and back: the protobuf encoding of temporal.api.common.v1.Payload (metadata = 1, data = 2), which is
 * what codecs of other languages put under their encryption too. Written out here, because two fields need no library.
 * Source: https://protobuf.dev/programming-guides/encoding
 */
import type { Payload } from '@temporalio/common';

/** Wire type 2, length-delimited, of fields 1 and 2: of a payload its metadata and data, of a metadata entry its key and value. */
const FIELD_1 = 0x0a;
const FIELD_2 = 0x12;
const LENGTH_DELIMITED = 2;
/** Of a varint that a number holds exactly; longer lengths are none of ours. */
const MAX_VARINT_BYTES = 5;

const varint = (value: number): Buffer => {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
};

/** Of a payload without data the SDK gives an empty array in place of bytes. */
const bytesOf = (value: Uint8Array | null | undefined): Uint8Array =>
  Buffer.isBuffer(value) ? value : Buffer.from(value ?? []);

const field = (tag: number, bytes: Uint8Array): Uint8Array[] => [Buffer.from([tag]), varint(bytes.length), bytes];

/** The payload's metadata and data; data that is missing is empty. */
export const payloadToBytes = ({ metadata, data }: Payload): Buffer =>
  Buffer.concat([
    ...Object.entries(metadata ?? {}).flatMap(([name, value]) =>
      field(FIELD_1, Buffer.concat([...field(FIELD_1, Buffer.from(name, 'utf8')), ...field(FIELD_2, bytesOf(value))])),
    ),
    ...field(FIELD_2, bytesOf(data)),
  ]);

/** The fields of one message in their order: tag and content. Throws RangeError where the bytes are no such message. */
function* fieldsOf(bytes: Buffer): Generator<readonly [tag: number, content: Buffer]> {
  let at = 0;
  const readVarint = (): number => {
    let value = 0;
    for (let n = 0; n < MAX_VARINT_BYTES; n += 1) {
      const byte = bytes[at];
      if (byte === undefined) break;
      at += 1;
      value += (byte & 127) * 128 ** n;
      if (byte < 128) return value;
    }
    throw new RangeError('a number is cut off or too long');
  };
  while (at < bytes.length) {
    const tag = readVarint();
    if (tag % 8 !== LENGTH_DELIMITED) throw new RangeError(`a field of wire type ${tag % 8}`);
    const length = readVarint();
    if (at + length > bytes.length) throw new RangeError('a field is cut off');
    yield [tag, bytes.subarray(at, at + length)];
    at += length;
  }
}

/** What payloadToBytes has written; fields of newer versions are left out. Throws RangeError where it is no payload. */
export const payloadFromBytes = (bytes: Buffer): Payload => {
  const metadata: Record<string, Uint8Array> = {};
  let data: Uint8Array = new Uint8Array();
  for (const [tag, content] of fieldsOf(bytes)) {
    if (tag === FIELD_2) data = content;
    if (tag !== FIELD_1) continue;
    let name = '';
    let value: Uint8Array = new Uint8Array();
    for (const [part, inner] of fieldsOf(content)) {
      if (part === FIELD_1) name = inner.toString('utf8');
      if (part === FIELD_2) value = inner;
    }
    metadata[name] = value;
  }
  return { metadata, data };
};
