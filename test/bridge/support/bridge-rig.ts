/**
 * A bridge in this process, on a namespace of its own of the shared Temporal server. No worker runs there: a transfer that is
 * started stays open until the test ends it.
 */
import { Client, Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { type Bridge, startBridge } from '../../../src/bridge/bridge';
import { readBridgeConfig } from '../../../src/config/bridge';
import { createNamespace } from '../../../src/dev/temporal-namespace';
import { until } from '../../../src/dev/wait';
import { WORKFLOWS } from '../../../src/model/names';
import { EventMetrics } from '../../../src/ops/event-metrics';
import { createLogger } from '../../../src/ops/logging';
import { sharedStack, uniqueName } from '../../support/shared-stack';

export interface LogLine extends Record<string, unknown> {
  readonly event: string;
}

export class BridgeRig {
  readonly metrics = new EventMetrics();
  readonly lines: LogLine[] = [];
  readonly #bridges: Bridge[] = [];

  private constructor(
    readonly namespace: string,
    readonly connection: Connection,
    readonly client: Client,
  ) {}

  static async start(address = sharedStack().temporal.address): Promise<BridgeRig> {
    const namespace = uniqueName('bridge');
    await createNamespace(address, namespace);
    const connection = await Connection.connect({ address });
    return new BridgeRig(namespace, connection, new Client({ connection, namespace }));
  }

  /** The same server, in a namespace that lacks the search attributes of Longhaul. */
  static async startBare(): Promise<BridgeRig> {
    const namespace = uniqueName('bare');
    const connection = await Connection.connect({ address: sharedStack().temporal.address });
    const retention = msToTs('1 day');
    await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: retention });
    return new BridgeRig(namespace, connection, new Client({ connection, namespace }));
  }

  /** A bridge with the settings of these variables. */
  async bridge(env: Record<string, string>): Promise<Bridge> {
    const destination = { write: (line: string) => this.lines.push(JSON.parse(line) as LogLine) };
    const logger = createLogger({ level: 'DEBUG', destination });
    const config = readBridgeConfig(env);
    const bridge = await startBridge({ config, client: this.client, logger, metrics: this.metrics });
    this.#bridges.push(bridge);
    return bridge;
  }

  logged(event: string): LogLine[] {
    return this.lines.filter((line) => line.event === event);
  }

  /** Ids of all transfers that were ever started here, each run by itself. */
  async transfers(query = ''): Promise<string[]> {
    const ids: string[] = [];
    const list = this.client.workflow.list({ query: `WorkflowType = '${WORKFLOWS.transferEvent}' ${query}` });
    for await (const { workflowId } of list) ids.push(workflowId);
    return ids;
  }

  /** Waits until so many transfers are listed, and gives their ids. */
  untilTransfers(count: number, timeoutMs = 30_000): Promise<string[]> {
    return until(
      async () => {
        const ids = await this.transfers();
        return ids.length >= count ? ids : null;
      },
      { what: `${count} transfers`, timeoutMs, intervalMs: 100 },
    );
  }

  /** Ends all that are open, as if they had been done. */
  async closeAll(): Promise<number> {
    const open = await this.transfers(`AND ExecutionStatus = 'Running'`);
    await Promise.all(open.map((id) => this.client.workflow.getHandle(id).terminate('the test ends it')));
    return open.length;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#bridges.map((bridge) => bridge.stop()));
    await this.connection.close();
  }
}
