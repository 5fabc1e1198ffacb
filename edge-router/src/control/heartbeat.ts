import { EdgeConfig, type Heartbeat, HeartbeatResponse, type InstanceDigest } from "@overread/shared/edge-contract/v1";
import { pause } from "../backoff.ts";
import type { Logger } from "../log.ts";
import { faultCode, isDiskFault } from "../spool/disk-fault.ts";
import { type Portal, PortalError } from "./portal.ts";

export type HeartbeatLoop = {
  portal: Portal;
  /** What to report now. */
  beat(): Heartbeat;
  config(): EdgeConfig;
  /** The portal has decided anew. Called again with the next beat when the disk could not keep it. */
  onConfig(config: EdgeConfig): void;
  /** The archive has lost bytes that it held, and asks whether they are here still. */
  onResend(instances: InstanceDigest[]): Promise<void>;
  log: Logger;
  signal: AbortSignal;
};

/** Sends the heartbeat with our state, and fetches the configuration when the portal has a newer one. */
export async function runHeartbeat({
  portal,
  beat,
  config,
  onConfig,
  onResend,
  log,
  signal,
}: HeartbeatLoop): Promise<void> {
  let unkept: EdgeConfig | null = null;
  while (!signal.aborted) {
    try {
      if (unkept) onConfig(unkept);
      unkept = null;
      const { configVersion, resend = [] } = await portal.call(HeartbeatResponse, "POST", "/heartbeat", beat(), {
        signal,
      });
      if (configVersion !== config().version) {
        const fresh = await portal.call(EdgeConfig, "GET", "/config", undefined, { signal });
        unkept = fresh;
        onConfig(fresh);
        unkept = null;
        log.info({ version: fresh.version }, "configuration taken over");
      }
      if (resend.length > 0) await onResend(resend);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof PortalError) {
        if (error.kind === "revoked") return;
        log.warn({ reason: error.message }, "heartbeat did not reach the portal");
      } else if (isDiskFault(error)) log.warn({ fault: faultCode(error) }, "the disk does not answer, no heartbeat");
      else throw error;
    }
    // Jitter, so that edges that were cut off together do not beat together.
    await pause(config().heartbeatSeconds * 1_000 * (0.9 + Math.random() / 5), signal);
  }
}
