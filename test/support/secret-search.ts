/** Looks for secrets in everything that a run leaves in Temporal, in the bucket and in logs. */
import { isGrpcServiceError, type Client } from '@temporalio/client';
import type { TestProject } from './test-project';

const GRPC_NOT_FOUND = 5;
const isNotFound = ({ code }: { readonly code: number }): boolean => code === GRPC_NOT_FOUND;

/** Where a text was found, and the text. */
export type Exhibit = readonly [place: string, text: string];

/** A signature as query authentication writes it, wherever it stands; a worker's build id follows a plus sign. */
const SIGNATURE = /X-Amz-(Signature|Credential|Security-Token)|(?<![\w+])[0-9a-f]{64}(?!\w)/i;

/** Names of the places that hold one of these secrets or a signature, with what was found. */
export const findSecrets = (exhibits: readonly Exhibit[], secrets: readonly string[]): string[] =>
  exhibits.flatMap(([place, text]) => [
    ...secrets.filter((secret) => text.includes(secret)).map((secret) => `${place}: ${secret}`),
    ...(SIGNATURE.exec(text)?.slice(0, 1) ?? []).map((found) => `${place}: ${found}`),
  ]);

/** Every text within a value, payloads decoded: in a history's own JSON they are base64 and would hide anything. */
export function textOfAll(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (Array.isArray(value)) return value.map(textOfAll).join('\n');
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([key, inner]) => `${key} ${textOfAll(inner)}`)
      .join('\n');
  }
  return '';
}

/** Histories of these workflows, those that were never started left out. */
export async function histories(client: Client, workflowIds: readonly string[]): Promise<Exhibit[]> {
  const found = await Promise.all(
    workflowIds.map(async (id): Promise<Exhibit[]> => {
      try {
        const { events } = await client.workflow.getHandle(id).fetchHistory();
        return [[`history of ${id}`, textOfAll(events)]];
      } catch (error) {
        // This call of the SDK does not translate what the server answers.
        if (isGrpcServiceError(error) && isNotFound(error)) return [];
        throw error;
      }
    }),
  );
  return found.flat();
}

/** What the server shows of a running workflow: pending activities with heartbeats and failures, memo, attributes. */
export async function descriptions(client: Client, workflowIds: readonly string[]): Promise<Exhibit[]> {
  return Promise.all(
    workflowIds.map(async (id): Promise<Exhibit> => {
      const { raw } = await client.workflow.getHandle(id).describe();
      return [`description of ${id}`, textOfAll(raw)];
    }),
  );
}

/** All that stays of an ended run of so many records: histories, its files in the bucket, the workers' log. */
export async function historyOfRun(
  project: TestProject,
  workflowId: string,
  runId: string,
  records: number,
): Promise<Exhibit[]> {
  // Only large ones have a workflow of their own.
  const recordIds = Array.from({ length: records }, (_, n) => `${runId}/record/${n}`);
  const keys = Object.keys(await project.controlFiles());
  return [
    ...(await histories(project.harness.client, [workflowId, `${runId}/batch/0`, ...recordIds])),
    ...(await Promise.all(keys.map(async (key): Promise<Exhibit> => [key, await project.text(key)]))),
    ['worker log', project.harness.logs()],
  ];
}
