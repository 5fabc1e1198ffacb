import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { say } from "../lib/say.mjs";
import { engineTime } from "./assignment/engine-time.ts";

/** What the assignment engine costs. Needs no database. */
export async function bench(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      queue: { type: "string", default: "5000" },
      readers: { type: "string", default: "60" },
      rounds: { type: "string", default: "5" },
    },
  });
  engineTime({ cases: Number(values.queue), readers: Number(values.readers), rounds: Number(values.rounds) });
  say(`load ${loadavg()[0]?.toFixed(1)}`);
}
