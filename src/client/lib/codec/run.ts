/** `longhaul codec-server`: settings, start, and the end on a signal. */
import { once } from 'node:events';
import { codecServerToken, hasCodecServerToken } from '../../../config/codec-server';
import { readEnvironment } from '../../../config/environment';
import { readPayloadKeys } from '../../../config/payload-keys';
import { LonghaulError } from '../../../model/errors';
import type { Secret } from '../../../model/secret';
import { createLogger } from '../../../ops/logging';
import { EncryptingCodec } from '../../../ops/payload-codec';
import type { LoginOptions } from '../../../ops/login-tokens';
import { hideSecret } from '../../../ops/redaction';
import { startCodecServer } from './server';
import type { Output } from '../print/output';

export interface CodecServerRequest {
  /** `host:port` */
  readonly address: string;
  readonly origins: readonly string[];
  /** Whose access tokens do as well as ours. */
  readonly login?: LoginOptions;
  /** False: --no-auth. */
  readonly auth: boolean;
}

interface Listening {
  readonly endpoint: string;
  readonly auth: 'bearer' | 'login' | 'none';
  readonly origins: readonly string[];
  /** Ids of the keys that it decrypts with. */
  readonly keys: readonly string[];
}

const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|localhost|\[::1\]):\d+$/i;

/** Throws ConfigInvalid where there is no token, no login, and nobody has said that none is wanted. */
const tokenOf = ({ address, auth, login }: CodecServerRequest): Secret | null => {
  if (auth) return login === undefined || hasCodecServerToken() ? codecServerToken() : null;
  if (LOOPBACK.test(address)) return null;
  throw new LonghaulError(
    'InvalidInput',
    `--no-auth is for addresses of this machine alone, and ${address} is none: whoever reaches it could read everything.`,
  );
};

const listeningText = ({ endpoint, auth, origins, keys }: Listening): string => {
  const authorization = auth !== 'none' ? ` --codec-auth "Bearer $LONGHAUL_CODEC_SERVER_TOKEN"` : '';
  return `The codec server decrypts with ${keys.join(', ')}: ${endpoint}

  Web UI        set the remote codec endpoint to ${endpoint} (for pages of ${origins.join(', ')})${auth === 'login' ? ', and let it pass the access token' : ''}
  temporal CLI  temporal workflow show --workflow-id <run> --codec-endpoint ${endpoint}${authorization}

Ctrl-C stops it.`;
};

/** Serves until SIGINT or SIGTERM. Throws ConfigInvalid, InvalidInput and PortInUse before it listens. */
export const runCodecServer = async (output: Output, request: CodecServerRequest): Promise<void> => {
  const { logLevel, logFormat } = readEnvironment();
  const keys = readPayloadKeys();
  if (keys.known.length === 0) {
    const message = 'There is no key to decrypt with: set LONGHAUL_PAYLOAD_KEYS or LONGHAUL_PAYLOAD_KEYS_FILE.';
    throw new LonghaulError('PayloadKeyMissing', message);
  }
  const token = tokenOf(request);
  for (const secret of [token, ...keys.known.map((key) => key.secret)]) hideSecret(secret);
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  const server = await startCodecServer({
    address: request.address,
    origins: request.origins,
    token,
    ...(request.login === undefined ? {} : { login: request.login }),
    codec: new EncryptingCodec(keys),
    logger: createLogger({ level: logLevel, format: logFormat }),
  });
  try {
    const listening: Listening = {
      endpoint: `http://${server.address}`,
      auth: request.login !== undefined ? 'login' : token === null ? 'none' : 'bearer',
      origins: request.origins,
      keys: keys.known.map(({ id }) => id),
    };
    output.data(listening, listeningText);
    if (!stopping.signal.aborted) await once(stopping.signal, 'abort');
  } finally {
    await server.close();
  }
};
