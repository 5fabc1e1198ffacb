import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { say } from "../lib/say.mjs";
import { comparePolicies, oneCaseMore } from "./assignment/compare.ts";
import { engineTime } from "./assignment/engine-time.ts";
import { hour } from "./assignment/hour.ts";
import { wired } from "./assignment/wired.ts";

/** What the assignment engine costs, and what its ways to distribute do to waiting and fairness; then the engine with its database. */
export async function bench(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      queue: { type: "string", default: "5000" },
      readers: { type: "string", default: "60" },
      rounds: { type: "string", default: "5" },
      cases: { type: "string", default: "10000" },
      load: { type: "string", default: "0.9" },
      seed: { type: "string", default: "1" },
      hour: { type: "string", default: "5000" },
      "no-database": { type: "boolean", default: false },
      "no-engine": { type: "boolean", default: false },
      minutes: { type: "string", default: "0" },
      windows: { type: "string", default: "10" },
    },
  });
  const load = Number(values.load);
  const [queue, readers, perHour] = [Number(values.queue), Number(values.readers), Number(values.hour)];
  if (!values["no-engine"]) {
    engineTime({ cases: queue, readers, rounds: Number(values.rounds) });
    comparePolicies({ cases: Number(values.cases), load, seed: Number(values.seed) });
    oneCaseMore({ windows: Number(values.windows), moments: 8, load });
  }
  const minutes = Number(values.minutes);
  // One of them in a process: each wants a database of its own.
  if (minutes > 0) await hour({ queue, readers, perHour, minutes });
  else if (!values["no-database"]) await wired({ cases: queue, readers, hour: perHour });
  say(`\nload ${loadavg()[0]?.toFixed(1)}`);
}
