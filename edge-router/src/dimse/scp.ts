import { createServer, type Server, type Socket } from "node:net";
import { Association } from "./association.ts";
import type { AssociationPolicy } from "./negotiate.ts";

export interface AssociationInfo {
  id: string;
  callingAeTitle: string;
  calledAeTitle: string;
}
export interface IncomingObject {
  association: AssociationInfo;
  sopClassUid: string;
  sopInstanceUid: string;
  transferSyntaxUid: string;
}
/** Where the bytes of one data set go. */
export interface ObjectReceiver {
  /** Takes the next bytes by reference. */
  write(bytes: Buffer): void;
  /** The disk is behind: the sender must wait until `onRoom` is called. */
  readonly full: boolean;
  /**
   * Resolves once the object is durable.
   * @throws {DomainError} what the sender is told, see status.ts. Anything else is a fault of ours.
   */
  finish(): Promise<void>;
  /** The sender went away in the middle. */
  discard(): void;
}

export interface ScpHandlers {
  policy(): AssociationPolicy;
  begin(object: IncomingObject, onRoom: () => void): ObjectReceiver;
  associationEnded(association: AssociationInfo): void;
  /** An object that was refused by its command alone; of others the receiver knows more. */
  refused(association: AssociationInfo, reason: string): void;
  /** Ids, counts and AE titles only. */
  event(name: string, details: Record<string, string | number>): void;
}

export interface ScpCaps {
  /** At once; more are refused with a transient A-ASSOCIATE-RJ. */
  associations: number;
  /** One data set; a longer one is aborted. */
  objectBytes: number;
  /** Time without any byte before the association is aborted; a third of it, at most, before the request. */
  idleMs: number;
  /** From the first byte of an object to its last. */
  objectMs: number;
  associationMs: number;
}

export const defaultCaps: ScpCaps = {
  associations: 600,
  objectBytes: 8 * 1024 ** 3,
  idleMs: 300_000,
  objectMs: 3_600_000,
  associationMs: 24 * 3_600_000,
};

/** Connections that have not asked for an association yet; beyond it the oldest of the busiest address gives way. */
const MOST_SILENT = 600;
/** An association idle for this long gives its place to a newcomer when all are taken. */
const EVICT_AFTER_MS = 10_000;

/**
 * The listener for Verification and Storage.
 *
 * @see DICOM PS3.4 Annexes A and B, PS3.8 §9
 */
export class Scp {
  readonly #handlers: ScpHandlers;
  readonly #caps: ScpCaps;
  readonly #server: Server;
  readonly #open = new Set<Association>();
  readonly #allowAddress: (address: string) => boolean;
  #sweep: NodeJS.Timeout | null = null;

  /** @param allowAddress false closes the connection before a byte is read. */
  constructor(handlers: ScpHandlers, caps: ScpCaps, allowAddress: (address: string) => boolean = () => true) {
    this.#handlers = handlers;
    this.#caps = caps;
    this.#allowAddress = allowAddress;
    // Nagle with delayed acknowledgement costs 44 ms for each answer.
    this.#server = createServer({ noDelay: true, keepAlive: true }, (socket) => this.#accept(socket));
    // Room for those that are being refused or have not asked yet, and not one connection more.
    this.#server.maxConnections = caps.associations + MOST_SILENT + 64;
  }

  /** @returns the port, which matters when 0 was asked for. */
  async listen(host: string, port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, 512, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
    this.#sweep = setInterval(() => {
      const now = Date.now();
      for (const association of this.#open) association.enforceTimes(now);
    }, 500);
    const address = this.#server.address();
    return typeof address === "object" && address ? address.port : port;
  }

  /** Ends the listener, waits for associations to finish, and aborts those that have not after `drainMs`. */
  async close(drainMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const cut = setTimeout(() => {
      for (const association of this.#open) association.abort("shutting down");
    }, drainMs);
    for (const association of this.#open) association.drain();
    await closed;
    clearTimeout(cut);
    if (this.#sweep) clearInterval(this.#sweep);
  }

  #accept(socket: Socket): void {
    if (!this.#allowAddress(socket.remoteAddress ?? "")) {
      this.#handlers.event("address refused", { address: socket.remoteAddress ?? "" });
      socket.destroy();
      return;
    }
    this.#makeRoomForOneMore();
    const association = new Association(socket, this.#handlers, this.#caps, () => this.#hasPlace());
    this.#open.add(association);
    socket.once("close", () => this.#open.delete(association));
  }

  /** Silent connections never close the port to others: who holds most of them loses the oldest. */
  #makeRoomForOneMore(): void {
    const silent = [...this.#open].filter((association) => association.silent);
    if (silent.length < MOST_SILENT) return;
    const byAddress = Map.groupBy(silent, ({ address }) => address);
    const [busiest] = [...byAddress.values()].sort((a, b) => b.length - a.length);
    // A set keeps the order in which they came.
    busiest?.[0]?.drop();
  }

  #hasPlace(): boolean {
    const established = [...this.#open].filter((association) => association.established);
    if (established.length < this.#caps.associations) return true;
    const idle = established
      .filter((association) => association.idleForMs(Date.now()) > EVICT_AFTER_MS)
      .sort((a, b) => b.idleForMs(Date.now()) - a.idleForMs(Date.now()))[0];
    idle?.abort("its place was needed");
    return idle !== undefined;
  }
}
