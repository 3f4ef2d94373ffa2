/** Scripts a sample export API that runs in another process, with the option `admin`. */
import type { AdminCommand } from './admin';
import type { Stats } from './stats';

export interface AdminClient {
  /** Throws with the server's message where the command is refused. */
  script(command: AdminCommand): Promise<Record<string, unknown>>;
  stats(): Promise<Stats>;
}

/** @param endpoint the GraphQL endpoint of the API. */
export const adminClient = (endpoint: string, apiKey: string): AdminClient => {
  const call = async (path: string, init: RequestInit): Promise<unknown> => {
    const headers = { 'X-Api-Key': apiKey, 'Content-Type': 'application/json' };
    const answer = await fetch(new URL(path, endpoint), { ...init, headers });
    if (!answer.ok) throw new Error(`${path} answers HTTP ${answer.status}: ${await answer.text()}`);
    return answer.json();
  };
  return {
    script: async (command) =>
      (await call('/admin/script', { method: 'POST', body: JSON.stringify(command) })) as Record<string, unknown>,
    stats: async () => (await call('/admin/stats', { method: 'GET' })) as Stats,
  };
};
