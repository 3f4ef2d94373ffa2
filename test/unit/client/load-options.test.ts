import { inputOf } from '../../../src/client/lib/start/load';

it('takes the names with dashes and those of the workflow’s input', () => {
  expect(
    inputOf({ loadType: 'full', data_set: 'entity', path: 's3://b/d/', s3_bucket: 'bucket', sampleRows: 5 }),
  ).toEqual({
    load_type: 'full',
    data_set: 'entity',
    path: 's3://b/d/',
    s3_bucket: 'bucket',
    sample_rows: 5,
  });
});

it('refuses an option that is given twice with different values', () => {
  expect(() => inputOf({ dataSet: 'a', data_set: 'b' })).toThrow('--data-set and --data_set are the same option');
});
