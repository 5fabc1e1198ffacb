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
  /** Correlates the answer, its log lines and its audit events. */
  requestId: string;
  log: Log;
  /** The body, where the protocol's limits ask for it to be received; null where there is none. */
  body: Buffer | null;
};

/** How a protocol's bodies are received. */
type BodyLimit =
  /** Read by the protocol, within half a minute. */
  | { kind: "small" }
  /** No time limit by the front door: the protocol monitors its senders itself. */
  | { kind: "streamed" }
  /** Received completely by the front door before the protocol is called. */
  | { kind: "whole"; limitBytes: (path: string) => number; timeoutMs: number };

type Limits = {
  /** The allowed methods; others are refused. Omitted: the protocol decides itself. */
  methods?: readonly string[];
  /** A `Host` that is none of the portal's names is refused (421). */
  ownNameOnly?: boolean;
  body: BodyLimit;
  /** Its answers stay open, so their duration is not measured. */
  staysOpen?: boolean;
};

/** A gauge of this process, for the platform's metrics. */
type Gauge = { name: string; help: string; value: number };

/**
 * A protocol that the front door mounts: a folder that exports one {@link Mount}. The front door does once what all
 * protocols need: framing, methods, host names, time and size of bodies, common headers, translation of errors,
 * counting.
 */
export type Protocol = {
  /** Label in the metrics: one word. */
  name: string;
  /** Data gets strict headers and errors as JSON; pages bring their own. */
  answers: "data" | "pages";
  /** Whether a path belongs to this protocol; the first match in the front door's list wins. */
  match: (path: string) => boolean;
  limits: Limits;
  /** Answers. A thrown error is sent with the code, status and advice of the tables. */
  handle: (exchange: Exchange) => Promise<void> | void;
  /** Takes over an upgraded connection (`Upgrade`); omitted: such a request is disconnected. */
  upgrade?: (req: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Connects to what it needs, now or whenever that is available. Does not wait, does not fail. */
  start?: () => void;
  /** The front door is closing: ends answers that would stay open. */
  drain?: () => void;
  /** The last answer has been sent: closes connections. */
  close?: () => void;
  gauges?: () => Gauge[];
};

/** What the process provides to the protocols that it mounts. */
export type SharedServices = {
  log: Log;
  live: LiveSubscriber;
  /** Postgres notifications; listening starts before the front door opens. */
  listener: DatabaseListener;
  tallies: Tallies;
  /** True once the front door is closing. */
  draining: () => boolean;
  /** The gauges of everything that is mounted. */
  gauges: () => Gauge[];
};

export type Mount = (services: SharedServices) => Protocol;

/** Whether a path is a root or lies below it. */
export const isUnder = (root: string, path: string): boolean => path === root || path.startsWith(`${root}/`);
