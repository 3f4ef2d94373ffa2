/** The body of a request, up to a limit. */
import type { IncomingMessage } from 'node:http';

/** Null where there is more than `limitBytes`, declared or sent; what is left is not read then. */
export const readBody = async (request: IncomingMessage, limitBytes: number): Promise<Buffer | null> => {
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) return null;
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request) {
    const bytes = chunk as Buffer;
    sizeBytes += bytes.length;
    if (sizeBytes > limitBytes) return null;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
};
