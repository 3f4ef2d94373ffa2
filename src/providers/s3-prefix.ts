/** A prefix of a bucket as an ExportProvider: one record, whose objects are copied server-side. */
import type { S3Client } from '@aws-sdk/client-s3';
import type { S3PrefixSettings } from '../config/provider-settings';
import { prefixObjects } from '../transfer';
import { listId, refuseTypes } from './own-lists';
import type { ExportProvider } from './types';

export interface S3PrefixOptions {
  readonly settings: S3PrefixSettings;
  /** Reads the source and writes the target: a copy is one request to one store. */
  readonly s3: S3Client;
}

/** What lies below the prefix is listed when its record begins, and moves as it is then. */
export const createS3PrefixProvider = ({ settings, s3 }: S3PrefixOptions): ExportProvider => {
  const { prefix, dataset } = settings;

  const hasObjects = async (signal: AbortSignal): Promise<boolean> => {
    for await (const object of prefixObjects({ client: s3, uri: prefix, signal })) return object.key !== '';
    return false;
  };

  return {
    name: 's3-prefix',
    key: JSON.stringify(['s3-prefix', prefix, dataset]),
    exportName: () => `list of ${prefix}`,

    async checkAccess(signal) {
      await hasObjects(signal);
    },

    createExport(request) {
      refuseTypes('s3-prefix', request);
      return Promise.resolve({ kind: 'created', exportId: listId('prefix', [prefix, dataset]) });
    },

    async pollExport(_exportId, signal) {
      const recordCount = (await hasObjects(signal)) ? 1 : 0;
      return { state: 'succeeded', status: recordCount === 0 ? 'EMPTY' : 'LISTED', recordCount, unknownStatus: false };
    },

    listRecords: () => Promise.resolve([{ kind: 'prefix', dataset, prefix }]),
    mayBeEmpty: () => false,
  };
};
