/** What every Temporal client and worker of Longhaul is made with, so that all of them encrypt and decrypt alike. */
import { ApplicationFailure, type DataConverter, type Payload, type PayloadCodec } from '@temporalio/common';
import { type PayloadKeys, readPayloadKeys } from '../config/payload-keys';
import { LonghaulError } from '../model/errors';
import type { Logger } from './logging';
import { EncryptingCodec } from './payload-codec';
import { hideSecret } from './redaction';

/** Texts of failures are encoded where payloads are encrypted: else they would say in plain what the payloads hide. */
const converterOf = (keys: PayloadKeys, codec: PayloadCodec): DataConverter => {
  for (const { secret } of keys.known) hideSecret(secret);
  return {
    // Without keys too: what is encrypted then fails by a code of the table instead of an unknown encoding.
    payloadCodecs: [codec],
    ...(keys.current === null ? {} : { failureConverterPath: require.resolve('./failure-converter') }),
  };
};

/**
 * For clients. Throws ConfigInvalid where the keys of the environment cannot be used; what it decodes fails with
 * PayloadKeyMissing, PayloadKeyWrong and PayloadDamaged.
 */
export const clientDataConverter = (keys: PayloadKeys = readPayloadKeys()): DataConverter =>
  converterOf(keys, new EncryptingCodec(keys));

/**
 * For workers: says in the log what cannot be decoded, and of which run, because Temporal tries such a task again and again; and
 * gives its failures the code as their type, by which retries are decided.
 */
export const workerDataConverter = (keys: PayloadKeys, logger: Logger): DataConverter => {
  const inner = new EncryptingCodec(keys);
  const told = (error: unknown, context: unknown): unknown => {
    if (!(error instanceof LonghaulError)) return error;
    const { code, message, hint } = error;
    logger.error('payload_undecodable', { code, message, hint, ...(context as object | undefined) });
    return ApplicationFailure.create({ message: `${message} ${hint}`, type: code, nonRetryable: !error.retryable });
  };
  return converterOf(keys, {
    encode: (payloads) => inner.encode(payloads),
    decode: (payloads: Payload[], context) =>
      inner.decode(payloads).catch((error: unknown) => {
        throw told(error, context);
      }),
  });
};

/** For logs and `longhaul doctor`: whether payloads are encrypted, with which key, and which others are known. */
export const describePayloadKeys = ({ current, known }: PayloadKeys): string => {
  const others = known.filter((key) => key !== current).map(({ id }) => id);
  const reads = others.length === 0 ? '' : `, decrypts ${others.join(', ')} too`;
  return current === null ? `off${reads}` : `key ${current.id}${reads}`;
};
