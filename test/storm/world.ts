/** One run's world: a source, a store, a disk and the network between them, with a list of what goes wrong, and witnesses. */
import { createHash } from 'node:crypto';
import { TRANSFER_ID_METADATA } from '../../src/model/names';
import { Clock, randomOf, type Life } from './clock';
import { Disk, ROOT, type DiskOwner } from './disk';
import { SOURCE_FAULTS, STORE_FAULTS, type WireFault } from './faults';
import { HttpSourceModel } from './http-source-model';
import { S3Model, type ModelObject, type ModelUpload } from './s3-model';
import { S3Server } from './s3-wire';
import { MAX_BYTES, type PlannedFault, type Scenario } from './scenario';
import type { Network, Server } from './wire';
import type { WireReply, WireRequest } from './wire-messages';

export const KEY = 'data/file.bin';
export const FILE = 'file.bin';
export const TARGET = `${ROOT}/${FILE}`;
export const TRANSFER_ID = 'transfer-of-the-storm';
const MAX_VERSIONS = 3;

/** Incompressible and never equal at two places. */
const BLOCK = ((): Buffer => {
  const random = randomOf(7);
  const block = Buffer.alloc((MAX_VERSIONS + 1) * MAX_BYTES + 64);
  for (let at = 0; at < block.length; at += 1) block[at] = Math.floor(random() * 256);
  return block;
})();

const versionContent = (version: number, sizeBytes: number): Buffer =>
  BLOCK.subarray(version * MAX_BYTES, version * MAX_BYTES + sizeBytes);

/** A promise of the design that was broken. */
export class Broken extends Error {
  constructor(
    readonly invariant: string,
    message: string,
  ) {
    super(`${invariant}: ${message}`);
  }
}

export class World implements Network, DiskOwner {
  readonly clock: Clock;
  readonly store: S3Model;
  readonly disk: Disk;
  /** Every content that the source has had. */
  readonly contents: Buffer[];
  readonly source: HttpSourceModel;
  /** Where the scenario reads from S3. */
  readonly sourceStore: S3Model;
  readonly old: Buffer | undefined;
  readonly trace: string[] = [];
  readonly onTheWay = new Set<WireRequest>();
  /** Names of faults that have happened. */
  readonly happened = new Set<string>();
  faultsFired = 0;
  /** Two processes at work on one transfer send what they send. */
  hasZombie = false;
  /** 'staging' of an atomic run: nothing may be seen. */
  isHidden = false;
  /** Set at each crash: what had arrived for good. Sent again, it is a broken promise. */
  arrived = new Set<string>();
  arrivedBytes = 0;
  writtenSinceCrash = 0;
  private broken: Broken | undefined;
  private readonly counts = { source: 0, store: 0, disk: 0 };
  private readonly acknowledged = new Set<string>();
  private changesLeft: Scenario['changes'];
  private readonly foreign: ModelUpload[] = [];
  private readonly untold = new Set<string>();
  /** Whole answers of the source, as they were sent, that declared no length. */
  private readonly withoutLength: Buffer[] = [];
  private readonly servers: { readonly source: Server; readonly store: Server };

  constructor(readonly scenario: Scenario) {
    this.clock = new Clock(scenario.schedule);
    const now = (): number => this.clock.nowMs;
    const { sizeBytes, hasOld, hasForeign } = scenario;
    this.contents = [versionContent(0, sizeBytes)];
    this.changesLeft = scenario.changes;
    this.old = hasOld ? Buffer.from('what was there before') : undefined;
    this.store = new S3Model(scenario.store, now);
    this.disk = new Disk(this);
    this.source = new HttpSourceModel(scenario.source, this.clock, this.contents[0]!, (what) =>
      this.violated('no secret leaves', what),
    );
    this.sourceStore = new S3Model({ ...scenario.store, isVersioned: false }, now);
    this.sourceStore.put(KEY, this.contents[0]!, {}, false);
    if (this.old !== undefined) {
      this.store.put(KEY, this.old, { owner: 'somebody' }, false);
      this.disk.plant(TARGET, this.old);
    }
    if (hasForeign) this.plantForeign();
    const fromS3 = new S3Server(this.sourceStore, now);
    this.servers = { source: scenario.from === 's3' ? fromS3 : this.source, store: new S3Server(this.store, now) };
    this.store.onVisible = (key, object) => this.onVisible(key, object);
  }

  /** Begun long before this run, and under another key that begins alike. */
  private plantForeign(): void {
    const before = this.store.create(KEY, { [TRANSFER_ID_METADATA]: 'another' }, true, 3_600_000);
    this.store.part(KEY, before.id, 1, Buffer.from('foreign'), undefined);
    this.foreign.push(before, this.store.create(`${KEY}.other`, {}, true));
  }

  // What the network asks.

  serverAt(url: URL): Server | undefined {
    if (url.hostname === 'store.test') return this.servers.store;
    return ['source.test', 'cdn.test'].includes(url.hostname) ? this.servers.source : undefined;
  }

  faultFor(url: URL): WireFault | undefined {
    const side = url.hostname === 'store.test' ? 'store' : 'source';
    if (side === 'source') this.changeSource();
    const planned = this.next(side);
    if (planned === undefined) return undefined;
    this.fired(planned.name);
    if (planned.name === 'expired') this.source.validFrom += 1;
    else if (planned.name === 'uploadLost') this.loseUploads();
    else return (side === 'store' ? STORE_FAULTS : SOURCE_FAULTS)[planned.name]?.(planned.at);
    return undefined;
  }

  onSend(request: WireRequest): void {
    const name = written(request);
    if (name === undefined || !this.arrived.has(name)) return;
    this.violated('bytes sent again after a kill are at most the parts in flight', `${name} had arrived`);
  }

  onReply(request: WireRequest, reply: WireReply): void {
    const isSource = request.url.hostname !== 'store.test';
    if (isSource && reply.status === 200 && reply.headers['content-length'] === undefined) {
      this.source.hasHiddenLength = true;
      this.withoutLength.push(reply.body);
    }
    const name = written(request);
    if (name !== undefined && reply.status === 200) this.acknowledged.add(name);
  }

  log(text: string): void {
    this.trace.push(`${(this.clock.elapsedMs / 1_000).toFixed(3).padStart(9)} s  ${text}`);
  }

  // What the disk asks.

  diskFault(): string | undefined {
    const planned = this.next('disk');
    if (planned === undefined) return undefined;
    this.fired(planned.name);
    return planned.name;
  }

  onDiskWrite(path: string, bytes: number): void {
    if (!path.endsWith('.partial')) return;
    this.writtenSinceCrash += bytes;
  }

  onNamed(path: string): void {
    if (path !== TARGET) return;
    const data = this.disk.read(TARGET);
    if (data === undefined ? this.old === undefined : this.isWhole(data) || this.old?.equals(data)) return;
    this.violated(
      'a destination is absent, old or byte-exact',
      `the file has ${data?.length ?? 'no'} bytes that are none of these`,
    );
  }

  // What the flows tell.

  /** A process has ended. What had arrived by then must not be sent again. */
  crashed(life: Life, kind: string, movedBytes: number): void {
    this.log(`${life.name}: ${kind}`);
    if (kind === 'zombie') this.hasZombie = true;
    else life.isAlive = false;
    if (kind === 'power') this.disk.powerFailure();
    this.arrived = new Set([...this.acknowledged].filter((name) => !this.hasZombie && this.isStillThere(name)));
    this.arrivedBytes = kind === 'kill' && !this.hasZombie ? movedBytes : 0;
    this.writtenSinceCrash = 0;
    this.faultsFired = 0;
  }

  /** Open when a process ended, and in no checkpoint: whoever goes on knows them by their first part alone. */
  uploadsNotTold(told: string | undefined): void {
    for (const id of this.ownUploads()) if (id !== told) this.untold.add(id);
  }

  isWhole(data: Buffer): boolean {
    return this.contents.some((content) => content.equals(data));
  }

  /** The first broken promise is thrown; others may follow from it. */
  violated(invariant: string, message: string): void {
    this.broken ??= new Broken(invariant, message);
  }

  assertUnbroken(): void {
    if (this.broken !== undefined) throw this.broken;
  }

  assertForeignUntouched(): void {
    for (const { id, key } of this.foreign) {
      if (!this.store.uploads.has(id))
        this.violated('nothing of anybody else is touched', `the upload ${id} of ${key} is gone`);
    }
  }

  /** Uploads of ours that should not be left. One whose first part the source does not give again cannot be known: docs/limits.md. */
  orphans(): string[] {
    const isOtherFirstPart = this.happened.has('changed') || this.source.hasHiddenLength;
    return this.ownUploads().filter((id) => !(isOtherFirstPart && this.untold.has(id)));
  }

  ownUploads(): string[] {
    return this.store.uploadsOf(KEY).flatMap(({ id, isForeign }) => (isForeign ? [] : [id]));
  }

  private onVisible(key: string, object: ModelObject | undefined): void {
    this.log(`store: ${key} is ${object === undefined ? 'gone' : `${object.body.length} B`}`);
    if (object === undefined || object.metadata['owner'] !== undefined) {
      if (object === undefined && this.old !== undefined && !this.isReplaced) {
        this.violated('nothing of anybody else is touched', 'the old object was deleted');
      }
      return;
    }
    const { ifAbsent, sha256 } = this.scenario;
    this.isReplaced = true;
    if (this.isHidden) this.violated('nothing is visible before it is published', 'an object appeared');
    if (ifAbsent && this.old !== undefined)
      this.violated('nothing of anybody else is touched', 'the old object was replaced');
    if (!this.isWhole(object.body) && !this.hasUnknowableEnd(object.body)) {
      this.violated('a destination is absent, old or byte-exact', this.describe(object.body));
    }
    if (sha256 !== 'none' && hashOf(object.body) !== this.promisedSha256) {
      this.violated('success only if verified', 'an object with another SHA-256 than the promised one is visible');
    }
  }

  private isReplaced = false;

  get promisedSha256(): string {
    const right = hashOf(this.contents[0]!);
    return this.scenario.sha256 === 'wrong' ? right.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) : right;
  }

  /**
   * Where no length was declared nobody can tell a file's end from a connection's, nor what follows the file from the file; the
   * result has to say so.
   */
  hasUnknowableEnd(data: Buffer): boolean {
    if (!this.source.hasHiddenLength) return false;
    const isCut = this.contents.some((content) => content.subarray(0, data.length).equals(data));
    return isCut || this.withoutLength.some((body) => body.equals(data));
  }

  private describe(data: Buffer): string {
    const from = this.contents.map((content, version) => {
      let same = 0;
      for (let at = 0; at < data.length; at += 1) same += data[at] === content[at] ? 1 : 0;
      return `${same} B as in version ${version} of ${content.length} B`;
    });
    return `${data.length} B are visible: ${from.join(', ')}`;
  }

  private isStillThere(name: string): boolean {
    const [kind, id, number, hash] = name.split(' ');
    if (kind === 'object') {
      const current = this.store.current(KEY);
      return current !== undefined && hashOf(current.body) === hash;
    }
    const { listsChecksums } = this.scenario.store;
    const part = this.store.uploads.get(id ?? '')?.parts.get(Number(number));
    return listsChecksums && part !== undefined && hashOf(part.body) === hash;
  }

  private next(side: PlannedFault['side']): PlannedFault | undefined {
    const nth = this.counts[side];
    this.counts[side] += 1;
    return this.scenario.faults.find((fault) => fault.side === side && fault.nth === nth);
  }

  private fired(name: string): void {
    this.happened.add(name);
    this.faultsFired += 1;
  }

  private loseUploads(): void {
    for (const id of this.ownUploads()) this.store.uploads.delete(id);
    this.arrived.clear();
  }

  private changeSource(): void {
    const due = this.changesLeft.filter(({ after }) => after <= this.counts.source);
    this.changesLeft = this.changesLeft.filter((change) => !due.includes(change));
    for (const { kind } of due) {
      this.happened.add('changed');
      const version = this.contents.length;
      const before = this.contents.at(-1)!;
      const sizeBytes = {
        sameLength: before.length,
        untouched: before.length,
        longer: before.length + 5,
        shorter: Math.max(0, before.length - 3),
      }[kind];
      const content = kind === 'untouched' ? before : versionContent(version, Math.min(sizeBytes, MAX_BYTES));
      this.log(`source: changed (${kind}), ${content.length} B`);
      this.contents.push(content);
      this.source.replace(content);
      this.sourceStore.put(KEY, content, {}, false);
    }
  }
}

export const hashOf = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

/** Names what a request writes by its content; undefined where it writes nothing. */
function written({ method, url, body }: WireRequest): string | undefined {
  if (method !== 'PUT' || url.hostname !== 'store.test') return undefined;
  const id = url.searchParams.get('uploadId');
  return id === null
    ? `object - - ${hashOf(body)}`
    : `part ${id} ${url.searchParams.get('partNumber')} ${hashOf(body)}`;
}
