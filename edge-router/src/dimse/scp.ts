import { createServer, type Server, type Socket } from "node:net";
import { Association, type AssociationCaps, type AssociationHost } from "./association.ts";
import { type DimseService, ServiceRegistry } from "./service.ts";

export type ScpOptions = Pick<AssociationHost, "policy" | "event"> & {
  /** Who is asked first stands first. */
  services: readonly DimseService[];
};

export type ScpCaps = AssociationCaps & {
  /** At once; more are refused with a transient A-ASSOCIATE-RJ. */
  associations: number;
};

export const defaultCaps: ScpCaps = {
  associations: 600,
  objectBytes: 8 * 1024 ** 3,
  idleMs: 300_000,
  objectMs: 3_600_000,
  associationMs: 24 * 3_600_000,
};

/** Connections that have not asked for an association yet; beyond it the oldest of the busiest address gives way. */
const mostSilentConnections = 600;
/** An association idle for this long gives its place to a newcomer when all are taken. */
const evictIdleAfterMs = 10_000;

/**
 * The listener: accepts associations for the services that it is given.
 *
 * @see DICOM PS3.8 §9
 */
export class Scp {
  readonly #host: AssociationHost;
  readonly #caps: ScpCaps;
  readonly #server: Server;
  readonly #open = new Set<Association>();
  readonly #allowAddress: (address: string) => boolean;
  #sweep: NodeJS.Timeout | null = null;

  /** @param allowAddress false closes the connection before a byte is read. */
  constructor(options: ScpOptions, caps: ScpCaps, allowAddress: (address: string) => boolean = () => true) {
    const { policy, event } = options;
    const services = new ServiceRegistry(options.services);
    this.#host = { services, policy, event, caps, mayAccept: () => this.#mayAccept() };
    this.#caps = caps;
    this.#allowAddress = allowAddress;
    // Nagle with delayed acknowledgement costs 44 ms for each answer.
    this.#server = createServer({ noDelay: true, keepAlive: true }, (socket) => this.#accept(socket));
    // Room for those that are being refused or have not asked yet, and not one connection more.
    this.#server.maxConnections = caps.associations + mostSilentConnections + 64;
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
      this.#host.event("address refused", { address: socket.remoteAddress ?? "" });
      socket.destroy();
      return;
    }
    this.#makeRoomForOneMore();
    const association = new Association(socket, this.#host);
    this.#open.add(association);
    socket.once("close", () => this.#open.delete(association));
  }

  /** Silent connections never close the port to others: who holds most of them loses the oldest. */
  #makeRoomForOneMore(): void {
    const silent = [...this.#open].filter((association) => association.silent);
    if (silent.length < mostSilentConnections) return;
    const byAddress = Map.groupBy(silent, ({ address }) => address);
    const [busiest] = [...byAddress.values()].sort((a, b) => b.length - a.length);
    // A set keeps the order in which they came.
    busiest?.[0]?.drop();
  }

  #mayAccept(): boolean {
    const established = [...this.#open].filter((association) => association.established);
    if (established.length < this.#caps.associations) return true;
    const idle = established
      .filter((association) => association.idleForMs(Date.now()) > evictIdleAfterMs)
      .sort((a, b) => b.idleForMs(Date.now()) - a.idleForMs(Date.now()))[0];
    idle?.abort("its place was needed");
    return idle !== undefined;
  }
}
