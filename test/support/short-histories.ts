/** A Temporal server of its own that suggests to continue as new after a few events, with the real workflows on it. */
import { startTemporalServer } from '../../src/dev/temporal-server';
import { ScriptedRuns } from './scripted-run';
import { freshFolder } from './shared-stack';

export const SUGGESTED_AFTER_EVENTS = 60;

export interface ShortHistories {
  readonly runs: ScriptedRuns;
  stop(): Promise<void>;
}

/** `name`: of its folder. */
export async function startShortHistories(name: string): Promise<ShortHistories> {
  const folder = freshFolder(name);
  const server = await startTemporalServer({
    dataDir: folder.path,
    logDir: folder.path,
    dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': SUGGESTED_AFTER_EVENTS },
  });
  const runs = await ScriptedRuns.create(server.address);
  return {
    runs,
    async stop() {
      await runs.close();
      await server.stop();
      folder.remove();
    },
  };
}
