/** Calls to the vendor's export API. */
import type { Dependencies } from './dependencies';
import { short } from './lib/attempt/short';
import type { ApiActivities } from './types';

export function createExportApiActivities({
  project,
  logger,
}: Dependencies): Pick<ApiActivities, 'createExport' | 'pollExport'> {
  return {
    createExport: ({ settings, request }) =>
      short(async (signal) => {
        const provider = project(settings).provider();
        const reply = await provider.createExport(request, signal);
        logger.info('export_create', { run: settings.run, ...reply });
        return { reply, mayBeEmpty: provider.mayBeEmpty(request) };
      }),

    pollExport: ({ settings, exportId }) =>
      short(async (signal) => {
        const reply = await project(settings).provider().pollExport(exportId, signal);
        logger.info('export_status', { run: settings.run, exportId, ...reply });
        return reply;
      }),
  };
}
