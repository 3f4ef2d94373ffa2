/** Events for tests of the bridge: nothing is moved, so that what they name need not exist. */
import { randomUUID } from 'node:crypto';
import type { TransferEvent } from '../../../src/model/transfer-event';

export const newEvent = (overrides: Partial<TransferEvent> = {}): TransferEvent => ({
  schemaVersion: '1.0.0',
  eventId: randomUUID(),
  correlationId: randomUUID(),
  timestamp: '2024-01-15T10:30:00Z',
  source: { provider: 'aws_s3', bucket: 'source-data-bucket', key: 'data/file.parquet', region: 'us-east-1' },
  destination: {
    provider: 'gcp_gcs',
    bucket: 'destination-data-bucket',
    key: 'in/file.parquet',
    region: 'us-central1',
  },
  ...overrides,
});
