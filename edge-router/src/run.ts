import path from "node:path";
import type { EdgeConfig, Heartbeat } from "@overread/shared/edge-contract/v1";
import { pause } from "./backoff.ts";
import { type EdgeSettings, SettingsError } from "./config.ts";
import { runHeartbeat } from "./control/heartbeat.ts";
import { isEnrolled, loadEnrolment, saveConfig } from "./control/identity.ts";
import { Portal } from "./control/portal.ts";
import { Scp } from "./dimse/scp.ts";
import { lockStateDir } from "./lock.ts";
import type { Logger } from "./log.ts";
import { ResultReturner } from "./returns/return-results.ts";
import { Spool } from "./spool/spool.ts";
import { tellCompleteStudies } from "./upload/complete.ts";
import { Forwarder } from "./upload/forward.ts";
import { SOFTWARE_VERSION } from "./version.ts";

/** How long associations may go on after the word to stop, and uploads after that. */
const DRAIN_MS = 10_000;
const UPLOAD_GRACE_MS = 5_000;
const SEGMENT_BYTES = 64 * 1024 * 1024;
const MIN_SEGMENT_BYTES = 2 * 1024 * 1024;
const KEEP_SPARES = 6;
/** Exit status after a disk fault: the supervisor starts us again, nothing unacknowledged is lost. */
const EXIT_DISK_FAULT = 74;

export interface RunningEdge {
  dimsePort: number;
  /** Drains and closes everything; safe to call more than once. */
  stop(): Promise<void>;
}

/**
 * Runs the edge router until it is stopped.
 *
 * @throws {SettingsError} when it is not enrolled, its folder is in use, or the port cannot be had.
 */
export async function runEdge(settings: EdgeSettings, log: Logger): Promise<RunningEdge> {
  const { stateDir, dimse, caps } = settings;
  if (!isEnrolled(stateDir)) throw new SettingsError([`not enrolled: run "enroll" first (state folder ${stateDir})`]);
  let unlock = lockStateDir(stateDir);
  // "status" tries the lock too, for a moment.
  for (let tries = 0; !unlock && tries < 5; tries++) {
    await pause(200, new AbortController().signal);
    unlock = lockStateDir(stateDir);
  }
  if (!unlock) throw new SettingsError([`another edge router is running in ${stateDir}`]);
  const letGo = unlock;
  const startedAt = new Date();
  const enrolled = loadEnrolment(stateDir);
  let config: EdgeConfig = enrolled.config;
  let revoked = false;
  const stopping = new AbortController();

  const onFatal = (error: unknown): never => {
    // Not a word more to anyone: what is on the disk is unknown.
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    log.fatal({ code }, "the spool's disk failed");
    process.exit(EXIT_DISK_FAULT);
  };
  let wakeForwarder = (): void => undefined;
  const spoolDir = path.join(stateDir, "spool");
  const spool = await Spool.open({
    dir: spoolDir,
    reserveBytes: caps.diskReserveBytes,
    segmentBytes: SEGMENT_BYTES,
    minSegmentBytes: MIN_SEGMENT_BYTES,
    keepSpares: KEEP_SPARES,
    purposeOf: (calledAeTitle) => (config.priorAeTitles.includes(calledAeTitle) ? "prior" : "read"),
    onFatal,
    onStored: () => wakeForwarder(),
  });
  const portal = new Portal(enrolled.identity, enrolled.privateKey, () => {
    if (!revoked)
      log.error("the portal has revoked this edge: receiving goes on, forwarding stops until it is enrolled anew");
    revoked = true;
    spool.index.setMeta("revoked", enrolled.identity.edgeId);
  });
  const forwarder = new Forwarder(spool, portal, settings.upload, log);
  wakeForwarder = () => forwarder.wake();
  const returner = new ResultReturner(
    spool.db,
    portal,
    { dir: path.join(stateDir, "returns"), callingAeTitle: dimse.aeTitle },
    log,
  );
  spool.index.setMeta("revoked", "");
  const scp = new Scp(
    {
      policy: () => ({
        calledAeTitles: [dimse.aeTitle, ...config.calledAeTitles, ...config.priorAeTitles],
        allowedCallingAeTitles: config.allowedCallingAeTitles,
      }),
      begin: (object, onRoom) => spool.begin(object, onRoom),
      associationEnded: (association) => spool.associationEnded(association),
      event: (name, details) => log.info(details, name),
    },
    {
      associations: caps.associations,
      objectBytes: caps.objectBytes,
      idleMs: caps.idleSeconds * 1_000,
      objectMs: caps.objectSeconds * 1_000,
      associationMs: caps.associationSeconds * 1_000,
    },
    dimse.allows,
  );
  const dimsePort = await scp.listen(dimse.host, dimse.port).catch(async (error: NodeJS.ErrnoException) => {
    await portal.close();
    await spool.close();
    letGo();
    throw new SettingsError([`cannot listen on ${dimse.host}:${dimse.port} (${error.code ?? "?"})`]);
  });

  const beat = (): Heartbeat => {
    const queue = spool.index.queue();
    return {
      softwareVersion: SOFTWARE_VERSION,
      at: new Date().toISOString(),
      startedAt: startedAt.toISOString(),
      configVersion: config.version,
      queue: { ...queue, oldestReceivedAt: isoOrNull(queue.oldestReceivedAt) },
      refused: spool.index.refusedCount(),
      disk: { freeBytes: spool.disk.freeBytes, totalBytes: spool.disk.totalBytes },
      lastReceivedAt: isoOrNull(spool.lastReceivedAt),
      lastForwardedAt: isoOrNull(forwarder.lastForwardedAt),
      returns: returner.store.summary(),
      dimse: { listening: true, port: dimsePort, aeTitle: dimse.aeTitle },
    };
  };
  const { signal } = stopping;
  const loops = [
    runHeartbeat({
      portal,
      beat,
      config: () => config,
      onConfig: (fresh) => {
        saveConfig(stateDir, fresh);
        config = fresh;
      },
      log,
      signal,
    }),
    tellLoop(),
  ];
  forwarder.start();
  returner.start();
  spool.index.setMeta("dimsePort", String(dimsePort));
  log.info({ port: dimsePort, host: dimse.host, aeTitle: dimse.aeTitle, pid: process.pid }, "edge router listens");

  async function tellLoop(): Promise<void> {
    while (!signal.aborted) {
      if (!revoked) await tellCompleteStudies(spool, portal, config.quietSeconds, log);
      spool.index.setMeta("lastForwardedAt", isoOrNull(forwarder.lastForwardedAt) ?? "");
      await pause(500, signal);
    }
  }

  let stopped: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    log.info("stopping: no new associations");
    await scp.close(DRAIN_MS);
    stopping.abort();
    await forwarder.stop(UPLOAD_GRACE_MS);
    await returner.stop();
    await Promise.allSettled(loops);
    await portal.close();
    await spool.close();
    letGo();
    log.info("stopped");
  };
  return {
    dimsePort,
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

const isoOrNull = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());
