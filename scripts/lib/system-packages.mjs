import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import path from "node:path";
import { giveUp, say } from "./say.mjs";

/** Programs from the system's package manager: the program to look for, and its Debian package. */
const needs = {
  start: [["redis-server", "redis-server"]],
  test: [
    ["redis-server", "redis-server"],
    ["storescu", "dcmtk"],
    ["dciodvfy", "dicom3tools"],
    ["Orthanc", "orthanc"],
    ["chromium", "chromium"],
    ["pdftotext", "poppler-utils"],
    ["qpdf", "qpdf"],
    ["strace", "strace"],
    ["swift-proxy-server", "swift-proxy"],
    ["swift-account-server", "swift-account"],
    ["swift-container-server", "swift-container"],
    ["swift-object-server", "swift-object"],
  ],
};

export function which(program) {
  for (const dir of `${process.env.PATH}:/usr/sbin:/usr/local/sbin`.split(":")) {
    const file = path.join(dir, program);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // not here
    }
  }
  return null;
}

/**
 * Makes sure that the programs for a purpose are installed: installs them on Debian and Ubuntu as root, otherwise
 * prints the command.
 */
export function ensureSystemPackages(purpose) {
  const missing = needs[purpose].filter(([program]) => !which(program)).map(([, pkg]) => pkg);
  if (missing.length === 0) return;
  const command = `apt-get update && apt-get install -y --no-install-recommends ${missing.join(" ")}`;
  const canInstall = process.getuid?.() === 0 && existsSync("/usr/bin/apt-get");
  if (!canInstall)
    giveUp(
      `These programs are missing: ${missing.join(", ")}.`,
      `Install them, then run this again:  sudo sh -c '${command}'`,
    );
  say(`Installing from the system's packages: ${missing.join(", ")}`);
  // Installing a server package must not start that server: ours run on their own ports with their own data.
  const script = `set -e; printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d.overread; \
    had=0; [ -e /usr/sbin/policy-rc.d ] && had=1; [ $had = 1 ] || { cp /usr/sbin/policy-rc.d.overread /usr/sbin/policy-rc.d; chmod +x /usr/sbin/policy-rc.d; }; \
    rc=0; { ${command.replace("apt-get update", "apt-get update -qq")}; } || rc=$?; \
    [ $had = 1 ] || rm -f /usr/sbin/policy-rc.d; rm -f /usr/sbin/policy-rc.d.overread; exit $rc`;
  const run = spawnSync("sh", ["-c", script], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
  if (run.status !== 0) {
    process.stderr.write(run.stderr.toString().split("\n").slice(-15).join("\n"));
    giveUp("The system's package manager could not install them.", `Try by hand:  ${command}`);
  }
}
