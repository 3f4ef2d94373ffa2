import * as fc from 'fast-check';
import { dealSlots, wantsNextPage, type BatchDemand } from '../../../src/workflows/lib/batch/slots';

const demand = (page: number, inFlight: number, unstarted: number): BatchDemand => ({ page, inFlight, unstarted });

describe('dealSlots', () => {
  it('gives the first page all it can use', () => {
    expect([...dealSlots(16, [demand(0, 0, 300), demand(1, 0, 300)])]).toEqual([
      [0, 16],
      [1, 0],
    ]);
  });

  it('gives the slots of a page that ends to the next one', () => {
    expect(dealSlots(16, [demand(1, 4, 296), demand(0, 12, 0)]).get(1)).toBe(4);
  });

  it('never deals more than there are, and leaves none idle while a batch could use one', () => {
    const batches = fc.array(fc.record({ inFlight: fc.nat(300), unstarted: fc.nat(300) }), { maxLength: 8 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 256 }), batches, (maxWorkers, demands) => {
        const numbered = demands.map((d, page) => ({ ...d, page }));
        const sum = [...dealSlots(maxWorkers, numbered).values()].reduce((a, b) => a + b, 0);
        const wanted = demands.reduce((all, d) => all + d.inFlight + d.unstarted, 0);
        expect(sum).toBe(Math.min(maxWorkers, wanted));
      }),
    );
  });
});

describe('wantsNextPage', () => {
  it('starts the next page before the slots run dry', () => {
    expect(wantsNextPage(16, [demand(0, 16, 17)])).toBe(false);
    expect(wantsNextPage(16, [demand(0, 16, 16)])).toBe(true);
    expect(wantsNextPage(16, [])).toBe(true);
  });
});
