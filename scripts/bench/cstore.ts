import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { makeStudy } from "#server/demo/modality-simulator/index.ts";
import { openStoreAssociation, type StoreFile } from "../../edge-router/src/dimse/scu/storage.ts";
import { echo } from "../../edge-router/src/dimse/scu/verification.ts";
import { freePort, until } from "../lib/ports.mjs";
import { say } from "../lib/say.mjs";

/**
 * C-STORE of 0.5 MB CT slices into a running edge router, which syncs before it answers, beside DCMTK's storescp at its
 * best settings (bit-preserving, forking, no Nagle), which never syncs. One client, the same files, alternating; new
 * UIDs each time. With the router's process id (printed when it starts) also the processor time per object, which
 * depends least on other load.
 */
export async function bench(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: "string", default: "11112" },
      pid: { type: "string" },
      called: { type: "string", default: "OVERREAD" },
      slices: { type: "string", default: "200" },
      rounds: { type: "string", default: "3" },
    },
  });
  const dir = mkdtempSync(path.join(os.tmpdir(), "overread-bench-"));
  const peerPort = await freePort();
  const peer: ChildProcess = spawn("storescp", ["+B", "--fork", "-od", dir, "-aet", "PEER", String(peerPort)], {
    stdio: "ignore",
    env: { ...process.env, TCP_NODELAY: "1" },
  });
  const targets = [
    { name: "edge router (durable)", port: Number(values.port), called: values.called, pid: Number(values.pid) },
    { name: "storescp (unsynced)", port: peerPort, called: "PEER", pid: peer.pid },
  ];
  try {
    for (const { port, called } of targets)
      await until(
        () =>
          echo({ host: "127.0.0.1", port, calledAeTitle: called, callingAeTitle: "BENCH" }).then(
            (status) => status === 0,
          ),
        { deadlineMs: 10_000, what: `an answer on port ${port}` },
      );
    for (const associations of [1, 4, 8]) {
      const rates: number[][] = targets.map(() => []);
      const cpuMs = targets.map(() => 0);
      for (let round = 0; round < Number(values.rounds); round++)
        for (const at of round % 2 ? [1, 0] : [0, 1]) {
          const target = targets[at];
          if (!target) continue;
          const files = written(dir, `${associations}-${round}-${at}-${Date.now()}`, Number(values.slices));
          const before = cpuMsOf(target.pid);
          rates[at]?.push(await rate(files, target, associations));
          cpuMs[at] = (cpuMs[at] ?? 0) + cpuMsOf(target.pid) - before;
          for (const file of files) rmSync(file.path);
        }
      const [ours = 0, theirs = 0] = rates.map((r) => r.toSorted((a, b) => a - b)[Math.floor(r.length / 2)] ?? 0);
      say(
        `x${associations}: ${targets[0]?.name} ${ours.toFixed(0)}/s, ${targets[1]?.name} ${theirs.toFixed(0)}/s, ratio ${(ours / theirs).toFixed(2)}`,
      );
      const [oursMs = 0, theirsMs = 0] = cpuMs.map((ms) => ms / (Number(values.rounds) * Number(values.slices)));
      if (values.pid) say(`    processor time of an object: ${oursMs.toFixed(2)} ms, ${theirsMs.toFixed(2)} ms`);
    }
  } finally {
    peer.kill("SIGKILL");
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Processor time of a process and of those it has waited for (proc(5), fields 14 to 17 of stat; a tick is 10 ms). */
function cpuMsOf(pid: number | undefined): number {
  if (!pid) return 0;
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * 10;
}

function written(dir: string, seed: string, slices: number): StoreFile[] {
  return [...makeStudy("chest-ct", { seed, slices }).files()].map((file) => {
    const target = path.join(dir, `${file.sopInstanceUid}.in`);
    writeFileSync(target, file.part10);
    return { ...file, path: target };
  });
}

async function rate(
  files: StoreFile[],
  target: { port: number; called: string },
  associations: number,
): Promise<number> {
  const waiting = [...files];
  const started = performance.now();
  await Promise.all(
    Array.from({ length: associations }, async () => {
      const association = await openStoreAssociation({
        host: "127.0.0.1",
        port: target.port,
        calledAeTitle: target.called,
        callingAeTitle: "BENCH",
        files,
      });
      for (let file = waiting.pop(); file; file = waiting.pop()) {
        const status = await association.store(file);
        if (status !== 0) throw new Error(`status ${status.toString(16)}`);
      }
      await association.release();
    }),
  );
  return (files.length * 1000) / (performance.now() - started);
}
