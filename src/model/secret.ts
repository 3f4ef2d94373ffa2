/** A value that must not be shown. Its text, JSON and inspection forms are all the same five letters in brackets. */
const HIDDEN = '[secret]';

export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself; call it only where it leaves for the service it belongs to. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  /** Node's util.inspect protocol, by its registered symbol, so that console.log and assertion diffs hide it too. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return HIDDEN;
  }
}
