/** A large file whose URL expires while it is being moved, at a vendor of signed URLs. */
import type { FaultBook } from '../../src/dev/export-api';
import { until } from './until';

const MIB = 2 ** 20;

/** Slow enough from its second part of 5 MiB on, and held in its third, for the URL to expire in between. `path`: this file alone. */
export function slowDown(faults: Pick<FaultBook, 'file'>, path?: string): void {
  const of = path === undefined ? {} : { path };
  faults.file({ ...of, atByte: 6 * MIB, bytesPerSec: 4 * MIB });
  faults.file({ ...of, atByte: 12 * MIB, stallAfterBytes: MIB });
}

/** Lets the URL expire in the second part; resolves when the third has come by a fresh one. `bytes`: read of the file so far. */
export async function expireInTheMiddle(faults: Pick<FaultBook, 'expireUrls'>, bytes: () => number): Promise<void> {
  await until(() => bytes() > 6 * MIB, { what: 'the second part', timeoutMs: 60_000 });
  faults.expireUrls();
  await until(() => bytes() > 10 * MIB, { what: 'the third part, by a fresh URL', timeoutMs: 60_000 });
}
