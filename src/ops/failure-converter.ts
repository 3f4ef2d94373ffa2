/**
 * Failures whose texts and stack traces travel as a payload, which the codec then encrypts. Part of the workflow bundle as well: it
 * imports @temporalio/common alone. What the codec itself says stays readable: it names a key's id and nothing else, and whoever
 * lacks the key is the one who has to read it, in the Web UI too.
 */
import { ApplicationFailure, DefaultFailureConverter, type PayloadConverter } from '@temporalio/common';

type ErrorToFailure = InstanceType<typeof DefaultFailureConverter>['errorToFailure'];

/** The codes of src/model/error-table/payload.ts; a unit test holds them together. */
export const READABLE_CODES: readonly string[] = ['PayloadKeyMissing', 'PayloadKeyWrong', 'PayloadDamaged'];

class EncodedFailures extends DefaultFailureConverter {
  readonly #readable = new DefaultFailureConverter();

  constructor() {
    super({ encodeCommonAttributes: true });
  }

  override errorToFailure(error: unknown, payloadConverter: PayloadConverter): ReturnType<ErrorToFailure> {
    const isOfTheCodec = error instanceof ApplicationFailure && READABLE_CODES.includes(error.type ?? '');
    return isOfTheCodec
      ? this.#readable.errorToFailure(error, payloadConverter)
      : super.errorToFailure(error, payloadConverter);
  }
}

/** The name that Temporal looks for in the module of `failureConverterPath`. */
export const failureConverter = new EncodedFailures();
