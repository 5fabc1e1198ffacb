#!/usr/bin/env node
import os from "node:os";
import { parseArgs } from "node:util";
import { loadSettings, SettingsError, stateDirOf } from "./config.ts";
import { EnrolError, enroll, move } from "./control/enroll.ts";
import { createLogger, faultOf } from "./log.ts";
import { runEdge } from "./run.ts";
import { type EdgeStatus, readStatus } from "./status.ts";

const help = `overread-edge: brings studies from the hospital to the reading portal, and results back

  enroll --portal <url> --code <code> [--dir <state dir>] [--name <name>] [--replace]
  move   --portal <url> [--dir <state dir>]      the portal has another address
  run    [--dir <state dir>]
  status [--json] [--dir <state dir>]
`;

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const options = {
  portal: { type: "string" },
  code: { type: "string" },
  dir: { type: "string" },
  name: { type: "string" },
  replace: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const stateDir = stateDirOf(values.dir);
  const verb = values.help ? "help" : positionals[0];
  if (verb === "enroll") {
    if (!values.portal || !values.code) throw new SettingsError(["enroll needs --portal and --code"]);
    const { portal, code, replace } = values;
    const identity = await enroll({
      stateDir,
      portal,
      code,
      replace,
      name: (values.name ?? os.hostname()).slice(0, 80),
    });
    const { edgeId, facilitySlug } = identity;
    say(values.json ? JSON.stringify({ edgeId, facilitySlug }) : `Enrolled for ${facilitySlug} as edge ${edgeId}.`);
    return 0;
  }
  if (verb === "move") {
    if (!values.portal) throw new SettingsError(["move needs --portal"]);
    move({ stateDir, portal: values.portal });
    say(`The portal is at ${values.portal} from the next start on.`);
    return 0;
  }
  if (verb === "status") {
    const status = await readStatus(stateDir, loadSettings(stateDir).caps.diskReserveBytes);
    say(values.json ? JSON.stringify(status) : inWords(status));
    return 0;
  }
  if (verb === "run") {
    const log = createLogger();
    // The runtime would print the text of the error.
    process.on("uncaughtException", (error) => {
      log.fatal(faultOf(error), "the router ends: an error nobody foresaw");
      process.exit(1);
    });
    const edge = await runEdge(loadSettings(stateDir), log);
    const signal = await new Promise<string>((resolve) => {
      for (const name of ["SIGTERM", "SIGINT"]) process.on(name, () => resolve(name));
    });
    log.info({ signal }, "asked to stop");
    await edge.stop();
    return 0;
  }
  say(help);
  return verb === "help" ? 0 : 2;
}

function inWords(status: EdgeStatus): string {
  const { queue, refused, returns, disk } = status;
  const mebibytes = (bytes: number): string => `${Math.round(bytes / 1024 ** 2)} MiB`;
  return [
    `Enrolled:   ${status.enrolled ? `yes, ${status.facilitySlug} at ${status.portal}` : "no"}`,
    `Running:    ${status.running ? `yes, DICOM port ${status.dimsePort ?? "?"}` : "no"}`,
    ...(status.problem
      ? [
          `Problem:    ${status.problem}; what is said of the spool below is not known. ${
            status.problem === "index-newer"
              ? "A newer edge router has written it: install that release or a later one."
              : "Starting the router mends its index."
          }`,
        ]
      : []),
    ...(status.revoked ? ["Revoked:    the portal takes nothing from this edge; enrol it anew"] : []),
    `Waiting:    ${queue.instances} objects, ${mebibytes(queue.bytes)}, oldest ${queue.oldestReceivedAt ?? "-"}`,
    `Refused:    ${refused.count} objects that can never be taken as they are (--json lists them with the reason)`,
    `Returns:    ${returns.waiting} results wait for the local PACS${returns.lastError ? ` (${returns.lastError})` : ""}`,
    `Received:   ${status.lastReceivedAt ?? "-"}`,
    `Forwarded:  ${status.lastForwardedAt ?? "-"}`,
    ...(disk ? [`Disk:       ${mebibytes(disk.freeBytes)} free, ${mebibytes(disk.reserveBytes)} kept in reserve`] : []),
  ].join("\n");
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const isForPeople = error instanceof SettingsError || error instanceof EnrolError;
    process.stderr.write(`${isForPeople ? error.message : JSON.stringify(faultOf(error))}\n`);
    process.exit(isForPeople ? 2 : 1);
  },
);
