import { ConfirmResponse } from "@overread/shared/edge-contract/v1";
import { backoffMs } from "../backoff.ts";
import { type Portal, PortalError } from "../control/portal.ts";
import type { Logger } from "../log.ts";
import { faultCode, isDiskFault } from "../spool/disk-fault.ts";
import type { Bytes, ForwardQueue, InstanceRow } from "../spool/faces.ts";
import { Pace, yieldingInstances } from "./pace.ts";
import { ReadError } from "./read-spooled.ts";
import { isOutage, isPermanent, reasonOf, type StowFailure, stow } from "./stow.ts";

const maxRequestBytes = 64 * 1024 * 1024;
/** `confirm` takes up to a thousand; asked for this many at a time after a start. */
const confirmAtOnce = 500;
const lookEveryMs = 100;
/** Answers without a sound reason, for an object, after which it counts as refused: nothing is sent without end. */
const mostUnexplainedAnswers = 20;
/** Answers to a request with one object that are about that object. */
const statusesAboutTheObject = [400, 413, 415, 422];
/** Pause after our own disk failed. */
const diskFaultMs = 1_000;

export type ForwardOptions = {
  requests: number;
  instancesPerRequest: number;
};

/**
 * Brings everything queued to the archive, for ever: several requests at a time, the oldest study and the newest by turns.
 * An object leaves the spool only when the archive has named its hash.
 */
export class Forwarder {
  lastForwardedAt: number | null = null;
  lastError: string | null = null;
  readonly #queue: ForwardQueue;
  readonly #portal: Portal;
  readonly #options: ForwardOptions;
  readonly #log: Logger;
  readonly #pace = new Pace();
  readonly #busy = new Set<number>();
  readonly #alone = new Set<number>();
  /** How often the archive answered without taking an object, and without saying that it never will. */
  readonly #unsound = new Map<number, number>();
  readonly #running = new Set<Promise<void>>();
  readonly #abort = new AbortController();
  #turn = 0;
  #failures = 0;
  #waitUntil = 0;
  #stopped = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(queue: ForwardQueue, portal: Portal, options: ForwardOptions, log: Logger) {
    this.#queue = queue;
    this.#portal = portal;
    this.#options = options;
    this.#log = log;
  }

  start(): void {
    this.#timer = setInterval(() => this.wake(), lookEveryMs);
    this.wake();
  }

  /** The portal has answered lately. */
  get reachable(): boolean {
    return this.#failures === 0;
  }

  /** Something of these studies waits now. */
  stored(studyInstanceUids: Set<string>): void {
    this.#pace.stored(studyInstanceUids);
    this.wake();
  }

  /** Starts as many requests as there is work and leave for. */
  wake(): void {
    while (!this.#stopped && Date.now() >= this.#waitUntil) {
      // While the portal is away one request at a time tries whether it is back.
      const most = this.reachable ? this.#options.requests : 1;
      if (this.#running.size >= most) return;
      const leave = this.#pace.leave(this.#queue.isReceivingFast(Date.now()), this.#running.size, Date.now());
      if (leave === "wait") return;
      const batch = this.#takeBatch(leave);
      if (batch.length === 0) return;
      this.#start(batch);
    }
  }

  #start(batch: InstanceRow[]): void {
    for (const { id, studyInstanceUid } of batch) {
      this.#busy.add(id);
      this.#pace.begin(studyInstanceUid);
    }
    const startedAt = Date.now();
    const run = this.#forward(batch).finally(() => {
      for (const { id } of batch) this.#busy.delete(id);
      this.#running.delete(run);
      this.#pace.ended(Date.now() - startedAt, Date.now());
      this.wake();
    });
    this.#running.add(run);
  }

  /** Takes no new work; requests under way get `graceMs` and are cut then: they are sent again after a start. */
  async stop(graceMs: number): Promise<void> {
    this.#stopped = true;
    if (this.#timer) clearInterval(this.#timer);
    const cut = setTimeout(() => this.#abort.abort(), graceMs);
    await Promise.allSettled(this.#running);
    clearTimeout(cut);
  }

  #takeBatch(leave: "full" | "first" | "paced"): InstanceRow[] {
    try {
      const most = leave === "full" ? this.#options.instancesPerRequest : yieldingInstances;
      const batch = this.#nextBatch(Math.min(most, this.#options.instancesPerRequest), leave === "first");
      if (leave === "first" && batch.length === 0) this.#pace.noneFresh();
      return batch;
    } catch (error) {
      this.#onDiskFault(error);
      return [];
    }
  }

  /** What is free to be sent, or to be asked for: of fresh studies only, if so wished. */
  #free(most: number, ofFresh: boolean, from: "oldest" | "newest"): InstanceRow[] {
    const isFree = ({ id, studyInstanceUid }: InstanceRow): boolean =>
      !this.#busy.has(id) && (!ofFresh || this.#pace.isFresh(studyInstanceUid));
    const rows = this.#queue.due(Date.now(), this.#busy.size + most, from).filter(isFree);
    if (rows.length > 0 || from === "oldest") return rows;
    return this.#queue.due(Date.now(), this.#busy.size + most, "oldest").filter(isFree);
  }

  #nextBatch(perRequest: number, ofFresh: boolean): InstanceRow[] {
    // Every other request is for the study that came last: after an outage what is urgent now does not wait for the queue.
    const from = this.#turn++ % 2 === 0 ? "newest" : "oldest";
    let free = this.#free(ofFresh ? confirmAtOnce : 2 * perRequest, ofFresh, from);
    const first = free[0];
    if (!first) return [];
    if (this.#alone.has(first.id)) return [first];
    // What was tried before is first asked for, many at a time, and only sent where it is missing.
    const askFirst = first.attempts > 0;
    if (askFirst) free = this.#free(confirmAtOnce, ofFresh, from);
    const batch: InstanceRow[] = [];
    const uids = new Set<string>();
    let bytes = 0;
    for (const row of free) {
      if (row.attempts > 0 !== askFirst || this.#alone.has(row.id)) continue;
      if (!askFirst && batch.length > 0) {
        if (row.studyInstanceUid !== first.studyInstanceUid || uids.has(row.sopInstanceUid)) continue;
        if (bytes + row.sizeBytes > maxRequestBytes) break;
      }
      batch.push(row);
      uids.add(row.sopInstanceUid);
      bytes += row.sizeBytes;
      if (batch.length >= (askFirst ? confirmAtOnce : perRequest)) break;
    }
    return batch;
  }

  async #forward(batch: InstanceRow[]): Promise<void> {
    try {
      const again = batch[0]!.attempts > 0;
      const unsent = again ? await this.#confirm(batch) : batch;
      for (const group of again ? this.#cut(unsent) : [unsent]) await this.#send(group);
      this.#failures = 0;
      this.lastError = null;
    } catch (error) {
      this.#failed(batch, error);
    }
  }

  /** Cuts what is missing after a confirm into requests. */
  #cut(rows: InstanceRow[]): InstanceRow[][] {
    const groups: InstanceRow[][] = [];
    let bytes = 0;
    for (const row of rows) {
      const last = groups.at(-1);
      const fits =
        last &&
        last.length < this.#options.instancesPerRequest &&
        bytes + row.sizeBytes <= maxRequestBytes &&
        last[0]!.studyInstanceUid === row.studyInstanceUid &&
        !last.some(({ id, sopInstanceUid }) => sopInstanceUid === row.sopInstanceUid || this.#alone.has(id)) &&
        !this.#alone.has(row.id);
      if (fits) last.push(row);
      else groups.push([row]);
      bytes = fits ? bytes + row.sizeBytes : row.sizeBytes;
    }
    return groups;
  }

  async #send(rows: InstanceRow[]): Promise<void> {
    const found: { row: InstanceRow; bytes: Bytes }[] = [];
    for (const row of rows) {
      const bytes = this.#queue.locate(row);
      if (bytes) found.push({ row, bytes });
      else this.#refuse(row, "bytes-lost");
    }
    if (found.length === 0) return;
    try {
      const objects = found.map(({ row, bytes }) => ({ ...bytes, sopInstanceUid: row.sopInstanceUid }));
      const purpose = this.#queue.purposeOf(found[0]!.row.studyInstanceUid);
      const failures = await stow(this.#portal, objects, purpose, this.#abort.signal);
      const missing = await this.#confirm(found.map(({ row }) => row));
      for (const row of missing) {
        const at = found.findIndex((each) => each.row.id === row.id);
        // Alone in its request it is what the archive means.
        const failure = failures.placed.get(at) ?? (found.length === 1 ? failures.unplaced[0] : undefined);
        if (!failure && failures.unplaced.length > 0) this.#alone.add(row.id);
        this.#notTaken(row, failure);
      }
    } catch (error) {
      if (error instanceof ReadError) {
        this.#onUnreadable(
          found.map(({ row }) => row),
          error,
        );
        return;
      }
      if (!(error instanceof PortalError) || error.kind !== "refused") throw error;
      const only = found.length === 1 && this.#alone.has(found[0]!.row.id) ? found[0]!.row : null;
      if (only && statusesAboutTheObject.includes(error.status ?? 0)) {
        this.#refuse(only, `portal-${error.message}`);
        return;
      }
      // The request as a whole was not taken: one at a time, to find out whose fault it is.
      for (const { row } of found) {
        this.#alone.add(row.id);
        this.#later(row, error.message);
      }
      this.#log.warn({ count: found.length, reason: error.message }, "store request refused");
    }
  }

  /** One object that our disk does not give back holds up none of the others: it waits longer each time. */
  #onUnreadable(rows: InstanceRow[], { at, cause }: ReadError): void {
    const row = rows[at]!;
    this.#alone.add(row.id);
    this.#later(row, "edge-disk");
    const others = rows.filter(({ id }) => id !== row.id);
    this.#queue.later(others, Date.now(), "edge-disk");
    this.#log.error({ sopInstanceUid: row.sopInstanceUid, fault: faultCode(cause) }, "spooled object is unreadable");
  }

  /** Asks which of these the archive holds and marks them as confirmed. @returns what it does not hold. */
  async #confirm(rows: InstanceRow[]): Promise<InstanceRow[]> {
    const instances = rows.map(({ sopInstanceUid, sha256, transferSyntaxUid }) => ({
      sopInstanceUid,
      dataSetSha256: sha256,
      // A row of before the syntax was noted asks for the bytes in any.
      ...(transferSyntaxUid === "" ? {} : { transferSyntaxUid }),
    }));
    const signal = this.#abort.signal;
    const { held } = await this.#portal.call(ConfirmResponse, "POST", "/confirm", { instances }, { signal });
    const keys = new Set(
      held.map((each) => `${each.sopInstanceUid} ${each.dataSetSha256} ${each.transferSyntaxUid ?? ""}`),
    );
    const isHeld = ({ sopInstanceUid, sha256, transferSyntaxUid }: InstanceRow): boolean =>
      keys.has(`${sopInstanceUid} ${sha256} ${transferSyntaxUid}`);
    const confirmed = rows.filter(isHeld);
    if (confirmed.length > 0) {
      this.#queue.confirmed(confirmed);
      for (const { id } of confirmed) {
        this.#alone.delete(id);
        this.#unsound.delete(id);
      }
      this.lastForwardedAt = Date.now();
      this.#log.info({ count: confirmed.length, studyInstanceUid: confirmed[0]!.studyInstanceUid }, "archive holds");
    }
    return rows.filter((row) => !isHeld(row));
  }

  /** Tells what passes from what never will. An archive that answers again and again without a sound reason never will. */
  #notTaken(row: InstanceRow, failure: StowFailure | undefined): void {
    const reason = failure ? reasonOf(failure) : "not-confirmed";
    const unsound = failure && isOutage(failure) ? 0 : (this.#unsound.get(row.id) ?? 0) + 1;
    this.#unsound.set(row.id, unsound);
    if ((failure && isPermanent(failure)) || unsound >= mostUnexplainedAnswers) this.#refuse(row, reason);
    else this.#later(row, reason);
  }

  #refuse(row: InstanceRow, reason: string): void {
    this.#queue.rejected(row, reason);
    this.#alone.delete(row.id);
    this.#unsound.delete(row.id);
    this.#log.error({ sopInstanceUid: row.sopInstanceUid, reason }, "archive cannot take the object; it is kept here");
  }

  #later(row: InstanceRow, reason: string): void {
    this.#queue.later([row], Date.now() + backoffMs(row.attempts + 1), reason);
  }

  /** Ours, and no fault of the portal's: everything stays as it is and is tried again. */
  #onDiskFault(error: unknown): void {
    if (!isDiskFault(error)) throw error;
    this.#waitUntil = Date.now() + diskFaultMs;
    this.#log.warn({ fault: faultCode(error) }, "the spool's disk does not answer, objects wait");
  }

  #failed(batch: InstanceRow[], error: unknown): void {
    if (!(error instanceof PortalError)) {
      this.#onDiskFault(error);
      this.#queue.later(batch, Date.now() + diskFaultMs, "disk-fault");
      return;
    }
    if (error.kind === "revoked" || this.#stopped) return;
    this.#failures++;
    const waitMs = error.retryAfterMs ?? backoffMs(this.#failures);
    this.#waitUntil = Date.now() + waitMs;
    this.lastError = error.message;
    // They may have arrived although the answer did not: ask before sending again.
    this.#queue.later(batch, this.#waitUntil, error.message);
    this.#log.warn({ reason: error.message, count: batch.length, waitMs }, "portal does not answer, objects wait");
  }
}
