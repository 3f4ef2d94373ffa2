/**
 * Planted bugs: each takes away one thing that the engine does on purpose, with what would catch it a line later. The loader
 * replaces these texts as it reads the sources; a text that is no longer there fails loudly.
 */
export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export interface Mutant {
  readonly name: string;
  readonly what: string;
  readonly edits: readonly Edit[];
}

const at = (file: string, find: string, replace: string): Edit => ({ file: `src/transfer/${file}`, find, replace });

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'no-size-check',
    what: 'Bytes of a range are not counted: what was cut off counts as whole',
    edits: [at('read-range.ts', 'if (filled < target.length) throw cutOff(run, rest, filled - start);', '')],
  },
  {
    name: 'no-validator',
    what: 'ETag, date and size of an answer are not compared, and no If-Range is sent',
    edits: [
      at('version.ts', 'if (!same) {', 'if (!same && display === undefined) {'),
      at('http/http-source.ts', "validator === undefined ? {} : { 'if-range': validator }", '{}'),
    ],
  },
  {
    name: 'trust-the-heartbeat',
    what: 'After a crash as many parts count as moved as the last heartbeat says, not those that are listed',
    edits: [
      at(
        'move-ranges.ts',
        'const open = hash === undefined ? numbers.filter((number) => !arrived.has(number)) : numbers;',
        'const told = (run as { told?: number }).told ?? 0; const open = numbers.filter((number) => (number > told || hash !== undefined) && !arrived.has(number));',
      ),
      at(
        'transfer-parts.ts',
        'const run: Run = { spec, signal, progress: new Progress(control, spec.onEvent) };',
        'const run = { spec, signal, progress: new Progress(control, spec.onEvent), told: control.checkpoint?.parts };',
      ),
    ],
  },
  {
    name: 'no-listed-size',
    what: 'Sizes of listed parts are not compared with the plan',
    edits: [
      at('move-ranges.ts', 'return bytes === planned && isTrusted(part);', 'return planned >= 0 && isTrusted(part);'),
    ],
  },
  {
    name: 'no-listed-checksum',
    what: 'Listed parts count as moved without a checksum too',
    edits: [at('move-ranges.ts', 'return bytes === planned && isTrusted(part);', 'return bytes === planned;')],
  },
  {
    name: 'not-all-parts',
    what: 'A lane that fails ends its parts quietly, and what is there is completed',
    edits: [
      at('lib/lanes.ts', 'if (failure !== undefined) throw failure;', ''),
      at('publish.ts', 'if (isComplete) return parts;', 'return parts;'),
      at('s3/destination.ts', 'MpuObjectSize: request.bytes,', ''),
    ],
  },
  {
    name: 'no-fdatasync',
    what: 'A part is noted in the journal before its bytes are on the disk',
    edits: [at('file/partial.ts', 'await data.datasync();', '')],
  },
  {
    name: 'error-in-200',
    what: 'The error inside of a 200 to CompleteMultipartUpload is not looked at',
    edits: [
      at(
        's3/destination.ts',
        'async (o) => asCompleted(await writer?.write(lean, o.abortSignal)) ?? client.send(command(), o),',
        `(o) =>
        client.send(command(), o).catch((error: { name?: string; $metadata?: { httpStatusCode?: number } }) => {
          // The SDK makes a 503 of such a 200.
          if (error.name === 'InternalError' && error.$metadata?.httpStatusCode === 503) return { ETag: '"it"' };
          throw error;
        }),`,
      ),
    ],
  },
  {
    name: 'whole-for-range',
    what: 'A 200 to a range request is taken for the range',
    edits: [
      at('read-range.ts', "if (opened.kind === 'whole' && rest.offsetBytes > 0) throw rangeIgnored(run, rest);", ''),
    ],
  },
  {
    name: 'orphans-stay',
    what: 'An upload whose Create answer was lost is not looked for',
    edits: [
      at(
        'begin.ts',
        'const lost = number === 1 ? undefined : await adoptUpload(run, startedAt, undefined, first);',
        'const lost = number > 0 ? undefined : await adoptUpload(run, startedAt, undefined, first);',
      ),
    ],
  },
  {
    name: 'publish-before-hash',
    what: 'The object is published before its SHA-256 is compared',
    edits: [
      at('move-ranges.ts', 'checkSha256(spec, hash);', ''),
      at('open-transfer.ts', 'checkSha256(spec, hash);', ''),
      at('stream-parts.ts', 'checkSha256(spec, hash);', ''),
    ],
  },
  {
    name: 'file-before-verification',
    what: 'A file replaces its target before it is verified',
    edits: [
      at('file/destination.ts', 'await this.verify(key, names.partial, signal);', ''),
      at('file/partial.ts', 'await data.datasync();', ''),
    ],
  },
  {
    name: 'no-checksums',
    what: 'Parts and objects are sent without their CRC32',
    edits: [
      at(
        's3/destination.ts',
        'if (crc32 !== undefined) return { ChecksumCRC32: encodeCrc32(crc32) };',
        'if (crc32 !== undefined) return {};',
      ),
      at(
        's3/write-headers.ts',
        "if (crc32 !== undefined) return { 'x-amz-checksum-crc32': encodeCrc32(crc32) };",
        'if (crc32 !== undefined) return {};',
      ),
    ],
  },
  {
    name: 'no-precondition',
    what: 'If-None-Match is not sent where nothing may be replaced',
    edits: [
      at('s3/destination.ts', "...(request.ifAbsent === true ? { IfNoneMatch: '*' } : {}),", ''),
      at('s3/destination.ts', "...(attributes.ifAbsent === true ? { IfNoneMatch: '*' } : {}),", ''),
    ],
  },
  {
    name: 'from-the-range-start',
    what: 'After a broken connection the range is read from its start into its middle',
    edits: [at('read-range.ts', 'offsetBytes: range.offsetBytes + filled,', 'offsetBytes: range.offsetBytes,')],
  },
  {
    name: 'deletes-any',
    what: 'Taking back deletes what lies under the key, whoever wrote it',
    edits: [
      at(
        'undo.ts',
        'if (found?.transferId !== transferId || (request.etag !== undefined && found.etag !== request.etag)) return false;',
        'if (found === undefined) return false;',
      ),
    ],
  },
  {
    name: 'lost-ack',
    what: 'A Complete whose answer was lost is not recognised by the object that it made',
    edits: [
      at(
        'publish.ts',
        'return isOurs ? found : undefined;',
        'return isOurs && found === undefined ? found : undefined;',
      ),
    ],
  },
  {
    name: 'secret-in-messages',
    what: 'URLs are shown with their query',
    edits: [at('source-url.ts', 'return `${protocol}//${host}${pathname}`;', 'return this.#href;')],
  },
  {
    name: 'memory-kept',
    what: 'A part that fails keeps its memory',
    edits: [
      at(
        'move-ranges.ts',
        `    // After a failure an aborted request may still hold the buffer.
    lease.discard();`,
        '',
      ),
    ],
  },
  {
    name: 'resend-all',
    what: 'After a crash every part is sent again',
    edits: [
      at(
        'move-ranges.ts',
        'return bytes === planned && isTrusted(part);',
        'return bytes === planned && isTrusted(part) && bytes < 0;',
      ),
    ],
  },
  {
    name: 'keys-across-origins',
    what: 'Headers with credentials follow a redirect to another origin',
    edits: [
      at('http/redirect.ts', 'if (next.origin === first.origin) return { ...headers };', 'return { ...headers };'),
    ],
  },
];
