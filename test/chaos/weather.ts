/** What goes wrong with connections: of each request, whether and how, by the seed and the number of the request. */
import { FAULT_KINDS, type Fault, type FaultKind, type FaultProxy } from '../support/fault-proxy';
import { Seeded } from '../support/seeded';

export interface Weather {
  readonly seed: number;
  /** Of a hundred requests. */
  readonly percent: number;
  readonly say: (line: string) => void;
  /** By kind. */
  readonly counts: Partial<Record<FaultKind, number>>;
}

/** Heads, the middle of parts, and beyond the end of most (those do not strike). */
const MAX_AT_BYTE = 6 * 2 ** 20;
const MAX_STALL_MS = 15_000;
const MIN_DRIP_BYTES_PER_SEC = 500;
const MAX_DRIP_BYTES_PER_SEC = 200_000;

/** Numbers the proxy's requests on its own, so that another proxy's traffic changes nothing here. */
export function letItStorm(proxy: FaultProxy, name: string, { seed, percent, say, counts }: Weather): void {
  proxy.script = ({ nth }) => {
    const random = new Seeded(seed, `${name} request ${nth}`);
    return random.chance(percent / 100) ? drawFault(random) : undefined;
  };
  proxy.onStrike = (fault) => {
    counts[fault.kind] = (counts[fault.kind] ?? 0) + 1;
    say(`${name}: ${describe(fault)}`);
  };
}

function drawFault(random: Seeded): Fault {
  const kind = random.pick(FAULT_KINDS);
  const at = { side: random.pick(['toServer', 'toClient'] as const), atByte: random.magnitude(MAX_AT_BYTE) };
  switch (kind) {
    case 'stall':
      return { kind, ...at, forMs: random.int(0, MAX_STALL_MS) };
    case 'drip':
      return { kind, ...at, bytesPerSec: random.int(MIN_DRIP_BYTES_PER_SEC, MAX_DRIP_BYTES_PER_SEC) };
    default:
      return { kind, ...at };
  }
}

const describe = (fault: Fault): string => {
  const where = `${fault.kind} ${fault.side} at byte ${fault.atByte}`;
  if (fault.kind === 'stall') return `${where}, ${fault.forMs} ms`;
  return fault.kind === 'drip' ? `${where}, ${fault.bytesPerSec} B/s` : where;
};
