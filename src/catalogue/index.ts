/** Where restore finds its records, and what it makes of them before the first byte moves. Knows nothing of Temporal. */
import type { CatalogueConfig } from '../config/restore-types';
import { JsonCatalogue } from './json-catalogue';
import { MongoCatalogue } from './mongodb-catalogue';
import { PostgresCatalogue } from './postgres-catalogue';
import type { Catalogue } from './types';

export { selectFiles } from './select-files';
export { reportFileName, statusReport, type ReportedFile, type StatusReport } from './status-report';
export type { Catalogue, CatalogueFile, CatalogueRecord } from './types';
export { keyOf, parseUploadPath, type UploadPath } from './upload-path';
export { validateRestore, VALIDATION_STEPS, type RestoreFileSpec, type ValidRestore } from './validate-restore';

/** Nothing is contacted before the first `find`, and no driver is loaded. */
export const createCatalogue = (config: CatalogueConfig): Catalogue => {
  switch (config.type) {
    case 'json':
      return new JsonCatalogue(config);
    case 'postgres':
      return new PostgresCatalogue(config);
    case 'mongodb':
      return new MongoCatalogue(config);
  }
};
