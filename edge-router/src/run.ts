import path from "node:path";
import type { EdgeConfig, Heartbeat } from "@overread/shared/edge-contract/v1";
import { pause } from "./backoff.ts";
import { type EdgeSettings, SettingsError } from "./config.ts";
import { runHeartbeat } from "./control/heartbeat.ts";
import { isEnrolled, loadEnrolment, saveConfig } from "./control/identity.ts";
import { Portal } from "./control/portal.ts";
import { Scp } from "./dimse/scp.ts";
import { dimseServices } from "./dimse-services.ts";
import { lockStateDir } from "./lock.ts";
import type { Logger } from "./log.ts";
import { ResultReturner } from "./returns/return-results.ts";
import { faultCode, isDiskFault } from "./spool/disk-fault.ts";
import { NewerIndex } from "./spool/migrations.ts";
import { Spool, type SpoolOptions } from "./spool/spool.ts";
import { tellCompleteStudies } from "./upload/complete.ts";
import { Forwarder } from "./upload/forward.ts";
import { RefusalTeller } from "./upload/tell-refusals.ts";
import { softwareVersion } from "./version.ts";

/** How long associations may go on after the order to stop, and uploads after that. */
const drainMs = 10_000;
const uploadGraceMs = 5_000;
const segmentBytes = 64 * 1024 * 1024;
const minSegmentBytes = 2 * 1024 * 1024;
const keepSpares = 8;
const diskRetryMs = 1_000;
/** Exit status after a disk fault: the supervisor starts us again, nothing unacknowledged is lost. */
const exitStatusDiskFault = 74;

export type RunningEdge = {
  dimsePort: number;
  /** Drains and closes everything; safe to call more than once. */
  stop(): Promise<void>;
};

/**
 * Runs the edge router until it is stopped.
 *
 * @throws {SettingsError} when it is not enrolled, its folder is in use, or the port cannot be had.
 */
export async function runEdge(settings: EdgeSettings, log: Logger): Promise<RunningEdge> {
  const { stateDir, dimse, caps } = settings;
  if (!isEnrolled(stateDir)) throw new SettingsError([`not enrolled: run "enroll" first (state folder ${stateDir})`]);
  const stopping = new AbortController();
  // "status" tries the lock too, for a moment.
  let unlock: (() => void) | null = null;
  for (let tries = 0; !unlock && tries < 6; tries++) {
    if (tries > 0) await pause(200, stopping.signal);
    unlock = await retryDiskFaults(() => lockStateDir(stateDir), log);
  }
  if (!unlock) throw new SettingsError([`another edge router is running in ${stateDir}`]);
  const releaseLock = unlock;
  const startedAt = new Date();
  const enrolled = loadEnrolment(stateDir);
  let config: EdgeConfig = enrolled.config;
  let revoked = false;

  const onFatal = (error: unknown): never => {
    // No further answer to any sender: what is on the disk is unknown.
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    log.fatal({ code }, "the spool's disk failed");
    process.exit(exitStatusDiskFault);
  };
  let wakeForwarder = (_studyInstanceUids: Set<string>): void => undefined;
  const spoolDir = path.join(stateDir, "spool");
  const spoolOptions: SpoolOptions = {
    dir: spoolDir,
    reserveBytes: caps.diskReserveBytes,
    segmentBytes,
    minSegmentBytes,
    keepSpares,
    purposeOf: (calledAeTitle) => (config.priorAeTitles.includes(calledAeTitle) ? "prior" : "read"),
    onFatal,
    onStored: (studyInstanceUids) => wakeForwarder(studyInstanceUids),
    onRebuilt: () =>
      log.error(
        "the spool's index was damaged: it is set aside and made anew, everything here is asked of the portal again",
      ),
    onTrouble: (error) => log.warn({ fault: faultCode(error) }, "the spool's disk does not answer"),
  };
  const spool = await retryDiskFaults(() => Spool.open(spoolOptions), log).catch((error: unknown) => {
    releaseLock();
    throw error instanceof NewerIndex ? new SettingsError([error.message]) : error;
  });
  const portal = new Portal(enrolled.identity, enrolled.privateKey, () => {
    if (!revoked)
      log.error("the portal has revoked this edge: receiving goes on, forwarding stops until it is enrolled anew");
    revoked = true;
    spool.note("revoked", enrolled.identity.edgeId);
  });
  const refusalTeller = new RefusalTeller(spool.refusals, portal, log);
  const forwarder = new Forwarder(spool, portal, settings.upload, log);
  wakeForwarder = (studyInstanceUids) => forwarder.stored(studyInstanceUids);
  const returner = new ResultReturner(
    spool,
    portal,
    { dir: path.join(stateDir, "returns"), callingAeTitle: dimse.aeTitle },
    log,
  );
  spool.note("revoked", "");
  const scp = new Scp(
    {
      policy: () => ({
        calledAeTitles: [dimse.aeTitle, ...config.calledAeTitles, ...config.priorAeTitles],
        allowedCallingAeTitles: config.allowedCallingAeTitles,
      }),
      services: dimseServices(spool),
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
    releaseLock();
    throw new SettingsError([`cannot listen on ${dimse.host}:${dimse.port} (${error.code ?? "?"})`]);
  });

  const beat = (): Heartbeat => {
    const queue = spool.queue();
    return {
      softwareVersion,
      at: new Date().toISOString(),
      startedAt: startedAt.toISOString(),
      configVersion: config.version,
      queue: { ...queue, oldestReceivedAt: isoOrNull(queue.oldestReceivedAt) },
      refused: spool.refusals.count(),
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
        config = fresh;
        saveConfig(stateDir, fresh);
      },
      onResend: async (instances) => {
        const found = await spool.sendAgain(instances);
        log.warn({ asked: instances.length, found }, "the archive asks for objects it has lost");
      },
      log,
      signal,
    }),
    tellLoop(),
  ];
  forwarder.start();
  returner.start();
  spool.note("dimsePort", String(dimsePort));
  log.info({ port: dimsePort, host: dimse.host, aeTitle: dimse.aeTitle, pid: process.pid }, "edge router listens");

  async function tellLoop(): Promise<void> {
    let noted = "";
    while (!signal.aborted) {
      try {
        // What is missing first: a study must not be offered as whole before that is known.
        if (!revoked && (await refusalTeller.tell()))
          await tellCompleteStudies(spool, portal, config.quietSeconds, log);
        const forwarded = isoOrNull(forwarder.lastForwardedAt) ?? "";
        if (forwarded !== noted && spool.tryNote("lastForwardedAt", forwarded)) noted = forwarded;
      } catch (error) {
        if (!isDiskFault(error)) throw error;
        log.warn({ fault: faultCode(error) }, "the spool's disk does not answer, studies wait");
      }
      await pause(500, signal);
    }
  }

  let stopped: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    log.info("stopping: no new associations");
    await scp.close(drainMs);
    stopping.abort();
    await forwarder.stop(uploadGraceMs);
    await returner.stop();
    await Promise.allSettled(loops);
    await portal.close();
    await spool.close();
    releaseLock();
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

/** Waits for a disk that is full to the last byte, instead of ending: there may be no supervisor to start the program again. */
async function retryDiskFaults<T>(work: () => T | Promise<T>, log: Logger): Promise<T> {
  for (;;)
    try {
      return await work();
    } catch (error) {
      if (!isDiskFault(error)) throw error;
      log.error({ fault: faultCode(error) }, "the disk does not answer: waiting for it before anything is received");
      await pause(diskRetryMs, new AbortController().signal);
    }
}

const isoOrNull = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());
