/** The manifest: from an export's result, or given records, to pages in the bucket (claim check). */
import type { Dependencies } from './dependencies';
import { ControlStore } from './lib/control/control-store';
import { findRecords, keyRecords } from './lib/manifest/export-records';
import { writeManifestPages } from './lib/manifest/pages';
import { resumable } from './lib/attempt/resumable';
import type { ApiActivities } from './types';

export function createManifestActivities(dependencies: Dependencies): Pick<ApiActivities, 'writeManifest'> {
  return {
    writeManifest: (args) =>
      resumable({}, async ({ signal }) => {
        const { settings, exportId } = args;
        const tools = dependencies.project(settings);
        const records = keyRecords(await findRecords(tools, args, signal), {
          targetPrefix: settings.targetPrefix,
          controlPrefix: settings.controlPrefix,
          template: tools.config.aws.keyTemplate,
          run: settings.run,
          exportId,
        });
        const store = new ControlStore(settings, tools.control, signal);
        const manifest = await writeManifestPages(dependencies.temporal, store, settings, records);
        const summary = {
          records: manifest.records,
          pages: manifest.pages,
          prefixRecords: records.filter((record) => record.kind === 'prefix').length,
          datasets: new Set(records.map((record) => record.dataset)).size,
        };
        dependencies.logger.info('manifest_complete', { run: settings.run, ...summary });
        return { ...manifest, ...summary };
      }),
  };
}
