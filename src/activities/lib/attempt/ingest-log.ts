/** Where the log lines of an ingest run are written: the process's log, at the level that the run asks for. */
import type { IngestConfig } from '../../../config/ingest-types';
import type { IngestLogLine } from '../../../ingest';
import type { Logger } from '../../../ops/logging';

export type WriteLine = (line: IngestLogLine) => void;

export function ingestLog(logger: Logger, config: IngestConfig, run: string): WriteLine {
  const own = logger.child({ run }, config.logging.level);
  return ({ level, event, fields }) => own.log(level, event, { ...fields });
}
