/** What providers have in common that find a list instead of having one made. */
import { createHash } from 'node:crypto';
import { LonghaulError } from '../model/errors';
import { DEFAULT_EXPORT_TYPE, type ExportRequest } from '../model/export-run';

/** The same list has the same id; the id says nothing else. */
export const listId = (kind: string, content: unknown): string =>
  `${kind}-${createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 12)}`;

/** Throws InvalidInput for a request that names a type or dates: those are of rapid7. */
export const refuseTypes = (provider: string, { type, startDate, endDate }: ExportRequest): void => {
  if (type === DEFAULT_EXPORT_TYPE && startDate === undefined && endDate === undefined) return;
  throw new LonghaulError(
    'InvalidInput',
    `The provider ${provider} knows no types of exports and no dates in the input; its settings are in config.json`,
  );
};
