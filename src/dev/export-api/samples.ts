/** The sample data: real files of the vega-datasets package and generated ones. */
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ExportType } from '../../model/export-run';
import type { SampleFile } from './types';

const MIB = 1024 * 1024;
/** Spark names part files like this; every dataset of an export has one of the same name. */
const partName = (part: number): string =>
  `part-${String(part).padStart(5, '0')}-7f1c2a9e-3d54-4b7a-9c1e-5f0a8d2b6e43-c000.snappy.parquet`;

/** The package exports its entry alone (`build/index.js`), so the data folder is found from there. */
const vegaFile = (name: string): string => join(dirname(require.resolve('vega-datasets')), '..', 'data', name);

const fromVega = (dataset: string, path: string, name: string): SampleFile => {
  const file = vegaFile(name);
  return { dataset, path, sizeBytes: statSync(file).size, content: { kind: 'disk', file } };
};

/** One file of any size without disk; the same seed gives the same bytes. */
export const generatedFile = (dataset: string, path: string, sizeBytes: number, seed: number): SampleFile => ({
  dataset,
  path,
  sizeBytes,
  content: { kind: 'generated', seed },
});

export const LARGE_FILE_BYTES = 256 * MIB;

/**
 * The vulnerability export of the quickstart: three datasets, one with a slash in its name, base names that collide
 * across them, real files from 77 bytes to 13 MB and one generated file of `largeFileBytes`.
 */
export const defaultSampleFiles = (largeFileBytes = LARGE_FILE_BYTES): SampleFile[] => [
  fromVega('asset', partName(0), 'flights-3m.parquet'),
  fromVega('asset', partName(1), 'flights-200k.arrow'),
  fromVega('asset', 'zipcodes.csv', 'zipcodes.csv'),
  fromVega('asset_vulnerability', partName(0), 'flights-20k.json'),
  fromVega('asset_vulnerability', partName(1), 'earthquakes.json'),
  generatedFile('asset_vulnerability', partName(2), largeFileBytes, 20_260_801),
  fromVega('vulnerability_remediation/ivm', partName(0), 'species.csv'),
  fromVega('vulnerability_remediation/ivm', 'lookup groups.csv', 'lookup_groups.csv'),
];

/** Below `/csv/` of the file host, for the sample of ingestUrls: real files of 12 KB to 2 MB. */
export const PUBLIC_CSV_NAMES = [
  'airports.csv',
  'birdstrikes.csv',
  'seattle-weather.csv',
  'stocks.csv',
  'zipcodes.csv',
] as const;

export const publicCsvFiles = (): SampleFile[] => PUBLIC_CSV_NAMES.map((name) => fromVega('csv', name, name));

/** `count` small files in one dataset, each with bytes of its own. */
export const generatedRecords = (count: number, sizeBytes: number, dataset = 'asset'): SampleFile[] =>
  Array.from({ length: count }, (_, n) => generatedFile(dataset, partName(n), sizeBytes, n + 1));

export const defaultFilesByType = (): Record<ExportType, SampleFile[]> => ({
  vulnerability: defaultSampleFiles(),
  policy: [
    fromVega('asset', partName(0), 'airports.csv'),
    fromVega('asset_policy', partName(0), 'weather.csv'),
    fromVega('asset_scan_policy', partName(0), 'windvectors.csv'),
  ],
  remediation: [fromVega('vulnerability_remediation/ivm', partName(0), 'birdstrikes.csv')],
  software: [fromVega('asset_software', partName(0), 'movies.json')],
});
