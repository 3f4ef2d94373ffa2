import { TransferMetrics } from '../../../src/ops/metrics';

test('busy slots are integrated over time', () => {
  let nowMs = 1_000;
  const metrics = new TransferMetrics(() => nowMs);
  const first = metrics.transferStarted();
  nowMs += 2_000;
  const second = metrics.transferStarted();
  nowMs += 1_000;
  first();
  nowMs += 500;
  expect(metrics.snapshot()).toMatchObject({ transfersInFlight: 1, transfersTotal: 1, busySlotSeconds: 2 + 2 + 0.5 });
  second('failed');
  nowMs += 10_000;
  expect(metrics.snapshot()).toMatchObject({
    transfersInFlight: 0,
    transfersTotal: 2,
    failedTransfersTotal: 1,
    busySlotSeconds: 4.5,
  });
});

test('lanes of several transfers are summed, and gone with them', () => {
  const metrics = new TransferMetrics();
  const [one, other] = [metrics.lanesOfTransfer(), metrics.lanesOfTransfer()];
  one(4);
  other(2);
  one(8);
  expect(metrics.snapshot().lanes).toBe(10);
  one(0);
  other(0);
  expect(metrics.snapshot().lanes).toBe(0);
});

test('a transfer that ends twice counts once', () => {
  const metrics = new TransferMetrics();
  const end = metrics.transferStarted();
  end();
  end('failed');
  expect(metrics.snapshot()).toMatchObject({ transfersInFlight: 0, transfersTotal: 1, failedTransfersTotal: 0 });
});

test('Prometheus text: help, type and value of every metric', () => {
  const metrics = new TransferMetrics();
  metrics.addBytes(10);
  metrics.addBytes(5, 5);
  metrics.addParts(2);
  metrics.addRetries();
  const text = metrics.prometheus();
  expect(text).toContain('# TYPE longhaul_transfer_bytes_total counter\nlonghaul_transfer_bytes_total 15\n');
  expect(text).toContain('\nlonghaul_transfer_parts_total 2\n');
  expect(text).toContain('\nlonghaul_transfer_retries_total 1\n');
  const names = Object.keys(metrics.snapshot());
  expect(text.trim().split('\n')).toHaveLength(3 * names.length);
});
