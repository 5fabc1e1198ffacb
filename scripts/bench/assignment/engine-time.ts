import { assign, forecast, type Rule } from "#server/domain/assignment/index.ts";
import { say } from "../../lib/say.mjs";
import { crowd } from "./crowd.ts";

const rule = (mode: Rule["mode"]): Rule => ({
  id: mode.kind,
  when: [],
  readers: { readerIds: [], groupIds: [] },
  schedule: null,
  subspecialty: "preferred",
  caps: { openCases: null, openWorkUnits: null },
  mode,
  exclusive: false,
});
const modes: Record<string, Rule["mode"]> = {
  pool: { kind: "pool" },
  "push, offered": { kind: "push", acceptSeconds: 120 },
  "push, assigned": { kind: "push", acceptSeconds: null },
  draw: { kind: "draw" },
};

/** CPU of one decision about a whole queue, in each mode, and of a forecast: the median of several rounds, after one that warms up. */
export function engineTime({ cases, readers, rounds }: { cases: number; readers: number; rounds: number }): void {
  say(`One decision about ${cases} cases and ${readers} readers (CPU, median of ${rounds}):`);
  const report = (name: string, run: () => void) => {
    const times: number[] = [];
    for (let n = 0; n <= rounds; n++) {
      const before = process.cpuUsage();
      run();
      const { user, system } = process.cpuUsage(before);
      if (n > 0) times.push((user + system) / 1000);
    }
    const median = times.sort((a, b) => a - b)[times.length >> 1] ?? 0;
    const each = ((median * 1e6) / (cases * readers)).toFixed(0);
    say(`  ${name.padEnd(15)} ${median.toFixed(0).padStart(5)} ms, ${each} ns for each case and reader`);
  };
  const snapshotOf = (mode: Rule["mode"]) => crowd({ cases, readers, rules: [rule(mode)], seed: 1 });
  for (const [name, mode] of Object.entries(modes)) {
    const snapshot = snapshotOf(mode);
    report(name, () => assign(snapshot));
  }
  const snapshot = snapshotOf({ kind: "draw" });
  report("forecast", () => forecast(snapshot, snapshot.now + 12 * 3_600_000));
}
