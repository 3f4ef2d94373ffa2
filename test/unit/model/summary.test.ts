import { randomBytes } from 'node:crypto';
import { encodeToPayload, loadDataConverter } from '@temporalio/common/lib/internal-non-workflow';
import { temporal } from '@temporalio/proto';
import { readPayloadKeys } from '../../../src/config/payload-keys';
import { routeSummary, summaryText } from '../../../src/model/summary';
import { clientDataConverter } from '../../../src/ops/data-converter';

/** limit.userMetadataSummarySize of the Temporal server, by default. */
const TEMPORAL_TAKES_BYTES = 400;

/** With a key whose id is as long as ids may be. */
const encryptedBytes = async (text: string): Promise<number> => {
  const LONGHAUL_PAYLOAD_KEYS = `${'k'.repeat(40)}:${randomBytes(32).toString('base64')}`;
  const converter = loadDataConverter(clientDataConverter(readPayloadKeys({ LONGHAUL_PAYLOAD_KEYS })));
  const payload = await encodeToPayload(converter, text);
  return temporal.api.common.v1.Payload.encode(payload).finish().length;
};

it.each(['a', 'ü', '転', '🚚', '"', '\\', '\u0001'])('%j, however often, fits with encryption', async (letter) => {
  for (const text of [
    summaryText(letter.repeat(1_000)),
    `Move the parts of ${routeSummary(letter.repeat(1_000), letter.repeat(1_000))}`,
  ])
    expect(await encryptedBytes(text)).toBeLessThanOrEqual(TEMPORAL_TAKES_BYTES);
});

it('keeps what fits, and of others both ends', () => {
  expect(summaryText('Write the report')).toBe('Write the report');
  const shown = summaryText(`Read https://vendor.example/${'x'.repeat(500)}/part-00001.parquet`);
  expect(shown).toMatch(/^Read https:\/\/vendor\.example\/x+…x+\/part-00001\.parquet$/);
  expect(routeSummary('s3://a/b', `gs://c/${'d'.repeat(200)}/e.csv`)).toMatch(
    /^s3:\/\/a\/b to gs:\/\/c\/d+…d+\/e\.csv$/,
  );
});
