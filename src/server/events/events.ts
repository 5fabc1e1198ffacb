import type { IncomingMessage, ServerResponse } from "node:http";
import { DomainError } from "@overread/shared/errors";
import { actorFromRequest } from "#server/auth/actor-from-request.ts";
import type { Revocation } from "#server/auth/revocations.ts";
import type { LiveSubscriber } from "#server/live/subscriber.ts";

const heartbeatMs = 15_000;
/** A stream is cut when a slow client leaves more than this unread; the client then reconnects. */
const backlogBytes = 256 * 1024;
/** Streams that one session may have open at the same time. */
const streamsPerSession = 32;

/** The owner of a stream, and how to check that the owner is still signed in. */
type Stream = { sessionId: string; userId: string; look: () => void };

/**
 * Open event streams (Server-Sent Events): each notifies one page that something of its organisation changed, never
 * what. A stream does not count as activity: it does not keep a session alive, and it ends with the session.
 */
export class EventStreams {
  readonly #live: LiveSubscriber;
  readonly #open = new Map<ServerResponse, Stream>();
  constructor(live: LiveSubscriber) {
    this.#live = live;
  }

  get count(): number {
    return this.#open.size;
  }

  /** Answers `GET /api/events`. @throws {DomainError} `auth.required`, `auth.forbidden` */
  async handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const actor = await actorFromRequest(req, { touch: false });
    if (!actor) throw new DomainError("auth.required");
    if (actor.kind !== "user") throw new DomainError("auth.forbidden");
    const { sessionId } = actor;
    if ([...this.#open.values()].filter((stream) => stream.sessionId === sessionId).length >= streamsPerSession)
      throw new DomainError("auth.rate-limited", { details: { retryAfterSeconds: 60 } });
    res.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
    });
    res.socket?.setNoDelay(true);
    // Idle connections break; the browser reconnects within two seconds and then fetches again.
    res.write("retry: 2000\n\nevent: ready\ndata: {}\n\n");
    const send = (text: string) => {
      if (res.writableLength > backlogBytes) res.destroy();
      else res.write(text);
    };
    let waiting = "";
    let asked = false;
    let looking = false;
    /**
     * Nobody who was signed out may receive further events: each check is more recent than the events it lets through.
     */
    const sendIfSignedIn = async (text: string) => {
      waiting += text;
      asked = true;
      if (looking) return;
      looking = true;
      while (asked && !res.writableEnded) {
        const text = waiting;
        waiting = "";
        asked = false;
        // A database failure is no reason to cut every stream; events that cannot be verified are dropped and clients
        // told to fetch again.
        const alive = await actorFromRequest(req, { touch: false }).catch(() => undefined);
        if (alive === null) res.end("event: signed-out\ndata: {}\n\n");
        else if (!alive) send("event: resync\ndata: {}\n\n");
        else if (text) send(text);
      }
      looking = false;
    };
    const stop = this.#live.listen(actor.orgId, (event) => {
      if (event.topic === "resync") void sendIfSignedIn("event: resync\ndata: {}\n\n");
      else void sendIfSignedIn(`event: live\ndata: ${JSON.stringify(event)}\n\n`);
    });
    const heartbeat = setInterval(() => void sendIfSignedIn(": still here\n\n"), heartbeatMs);
    this.#open.set(res, { sessionId, userId: actor.userId, look: () => void sendIfSignedIn("") });
    // A session that ended between the check above and the registration received no notification.
    void sendIfSignedIn("");
    res.once("close", () => {
      clearInterval(heartbeat);
      stop();
      this.#open.delete(res);
    });
  }

  /** Rights have ended: ends the streams of whoever was signed out. */
  lookAt(revocation: Revocation): void {
    for (const { sessionId, userId, look } of this.#open.values())
      if (revocation === "unknown" || revocation.session === sessionId || revocation.user === userId) look();
  }

  close(): void {
    for (const res of this.#open.keys()) res.end();
  }
}
