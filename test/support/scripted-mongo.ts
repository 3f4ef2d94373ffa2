/**
 * A scripted stand-in for MongoDB: it speaks the wire protocol (OP_MSG, and OP_QUERY for the first hello) and knows `find` by
 * `_id` with a projection. It is not MongoDB and proves nothing of one; it shows what our side sends and makes of answers. No
 * real server with its wire can stand here: FerretDB 1.24 refuses keys with a dot, and `file_info` is keyed by file names.
 */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { BSON, type Document } from 'mongodb';

export interface ScriptedMongo {
  readonly port: number;
  readonly url: string;
  /** Every command that has arrived, oldest first, without those of the handshake. */
  readonly commands: Document[];
  /** The next answers to `find`, first to last. Without one: the document, if it is there. */
  answers: (Document | 'silence')[];
  stop(): Promise<void>;
}

const OP = { reply: 1, query: 2004, message: 2013 };
const HANDSHAKE = ['hello', 'ismaster', 'isMaster', 'ping', 'endSessions'];
const HELLO: Document = {
  ok: 1,
  helloOk: true,
  isWritablePrimary: true,
  ismaster: true,
  minWireVersion: 0,
  maxWireVersion: 21,
  maxBsonObjectSize: 16 * 1024 ** 2,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
  readOnly: false,
  // A member of a replica set, since only those are told the read preference.
  setName: 'rs',
};

/** Header: length, request id, response to, opcode (MongoDB documentation, "MongoDB Wire Protocol"). */
const framed = (responseTo: number, opcode: number, body: Buffer): Buffer => {
  const header = Buffer.alloc(16);
  [16 + body.length, 0, responseTo, opcode].forEach((value, index) => header.writeInt32LE(value, index * 4));
  return Buffer.concat([header, body]);
};

const replyTo = (request: number, opcode: number, answer: Document): Buffer => {
  const document = Buffer.from(BSON.serialize(answer));
  if (opcode === OP.message) return framed(request, OP.message, Buffer.concat([Buffer.alloc(5), document]));
  const head = Buffer.alloc(20);
  head.writeInt32LE(1, 16);
  return framed(request, OP.reply, Buffer.concat([head, document]));
};

const commandOf = (frame: Buffer, opcode: number): Document => {
  // OP_MSG: flags, kind 0. OP_QUERY: flags, name of the collection, two numbers.
  const start = opcode === OP.message ? 21 : frame.indexOf(0, 20) + 1 + 8;
  return BSON.deserialize(frame.subarray(start, start + frame.readInt32LE(start)));
};

const project = (document: Document, projection: Document): Document =>
  Object.fromEntries(Object.entries(document).filter(([key]) => key === '_id' || key in projection));

export async function startScriptedMongo(documents: readonly Document[]): Promise<ScriptedMongo> {
  const commands: Document[] = [];
  const sockets = new Set<Socket>();
  const found = (command: Document): Document => {
    const filter = command['filter'] as Document;
    const document = documents.find((one) => one['_id'] === filter['_id']);
    const firstBatch = document === undefined ? [] : [project(document, (command['projection'] ?? {}) as Document)];
    return { ok: 1, cursor: { id: 0n, ns: `${String(command['$db'])}.${String(command['find'])}`, firstBatch } };
  };
  const answerTo = (command: Document): Document | 'silence' => {
    const name = Object.keys(command)[0] ?? '';
    if (HANDSHAKE.includes(name)) return HELLO;
    commands.push(command);
    if (name === 'saslStart') return { ok: 0, code: 18, codeName: 'AuthenticationFailed', errmsg: 'wrong' };
    if (name !== 'find') return { ok: 0, code: 59, codeName: 'CommandNotFound', errmsg: name };
    return mongo.answers.shift() ?? found(command);
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    let pending = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 4 && pending.length >= pending.readInt32LE(0)) {
        const frame = pending.subarray(0, pending.readInt32LE(0));
        pending = pending.subarray(frame.length);
        const opcode = frame.readInt32LE(12);
        const answer = answerTo(commandOf(frame, opcode));
        if (answer !== 'silence') socket.write(replyTo(frame.readInt32LE(4), opcode, answer));
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const mongo: ScriptedMongo = {
    port,
    url: `mongodb://127.0.0.1:${port}/kraken?directConnection=true`,
    commands,
    answers: [],
    async stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
  return mongo;
}
