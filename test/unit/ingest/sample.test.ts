import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { startExportApi } from '../../../src/dev/export-api';
import { sampleParameters } from '../../../src/dev/sample-ingest';

const sha256 = (body: Uint8Array): string => createHash('sha256').update(body).digest('hex');

test('the sample list names five real CSV files that the file host serves to everybody', async () => {
  const api = await startExportApi();
  try {
    const { file_urls: urls } = sampleParameters(api.filesUrl);
    expect(urls).toHaveLength(5);
    for (const url of urls) {
      const reply = await fetch(url);
      const file = path.join(require.resolve('vega-datasets'), '../../data', path.basename(new URL(url).pathname));
      expect(reply.status).toBe(200);
      expect(sha256(new Uint8Array(await reply.arrayBuffer()))).toBe(sha256(await readFile(file)));
    }
    expect((await fetch(`${api.filesUrl}/csv/none.csv`)).status).toBe(404);
    // Exported files stay behind their signature.
    expect((await fetch(`${api.filesUrl}/vulnerability/asset/zipcodes.csv`)).status).toBe(403);
    expect((await fetch(`${api.filesUrl}/csv/../vulnerability/asset/zipcodes.csv`)).status).toBe(403);
  } finally {
    await api.close();
  }
});
