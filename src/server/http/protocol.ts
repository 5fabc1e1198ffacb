import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { DatabaseListener } from "#server/db/listener.ts";
import type { LiveSubscriber } from "#server/live/subscriber.ts";
import type { Log } from "#server/log.ts";
import type { Tallies } from "./tallies.ts";

/** One request on its way through the front door. */
export type Exchange = {
  req: IncomingMessage;
  res: ServerResponse;
  /** Path of the address, without its query. */
  path: string;
  /** Ties the answer, its line in the log and its events on the audit trail together. */
  requestId: string;
  log: Log;
  /** The body, where the protocol's limits have it received whole; null where there is none. */
  body: Buffer | null;
};

/** How a protocol's bodies are received. */
export type BodyLimit =
  /** Read by the protocol, within the half minute that the front door allows. */
  | { kind: "small" }
  /** Images take the time they take: the protocol watches its senders itself. */
  | { kind: "streamed" }
  /** Received by the front door before the protocol hears of the request. */
  | { kind: "whole"; limitBytes: (path: string) => number; timeoutMs: number };

export type Limits = {
  /** What the protocol is asked by; others are refused. Left out: it tells them apart itself. */
  methods?: readonly string[];
  /** A name in `Host` that is none of the portal's is refused (421). */
  ownNameOnly?: boolean;
  body: BodyLimit;
  /** Its answers stay open, so how long one took says nothing. */
  staysOpen?: boolean;
};

/** A figure of this process, for the platform's metrics. */
export type Gauge = { name: string; help: string; value: number };

/**
 * What the front door mounts: a protocol is a folder that exports one {@link Mount}. Everything that all of them need is done once, by
 * the front door: framing, methods, names, time and size of bodies, common headers, translation of errors, counting.
 */
export type Protocol = {
  /** Label in the metrics: one word. */
  name: string;
  /** Whose answers these are: of data, which get strict headers and errors as JSON, or of pages, which bring their own. */
  answers: "data" | "pages";
  /** Whether an address is this protocol's. Of several, the first in the front door's list has it. */
  match: (path: string) => boolean;
  limits: Limits;
  /** Answers. What it throws goes out as an error, with the code, status and advice of the tables. */
  handle: (exchange: Exchange) => Promise<void> | void;
  /** Takes a connection over (`Upgrade`); left out: such a request is hung up on. */
  upgrade?: (req: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Connects to what it needs, now or whenever that comes. Does not wait, does not fail. */
  start?: () => void;
  /** The front door takes no more: ends the answers that would stay open. */
  drain?: () => void;
  /** The last answer is out: lets go of connections. */
  close?: () => void;
  gauges?: () => Gauge[];
};

/** What a process lends to the protocols that it mounts. */
export type ProtocolHost = {
  log: Log;
  live: LiveSubscriber;
  /** What the database says; listened to before the front door opens. */
  listener: DatabaseListener;
  tallies: Tallies;
  /** True once the front door takes no more. */
  draining: () => boolean;
  /** The figures of everything that is mounted. */
  gauges: () => Gauge[];
};

export type Mount = (house: ProtocolHost) => Protocol;

/** Whether a path is a root or lies below it. */
export const isUnder = (root: string, path: string): boolean => path === root || path.startsWith(`${root}/`);
