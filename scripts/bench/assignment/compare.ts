import {
  type Measures,
  measure,
  type Played,
  type Priority,
  type ReaderFacts,
} from "#server/domain/assignment/index.ts";
import { say } from "../../lib/say.mjs";
import { begin, crews, extraCase, minuteMs, type Policy, play, policies, streamOf } from "./stream.ts";

const dayMs = 24 * 60 * minuteMs;
const right = (value: number, digits = 0, width = 7): string => value.toFixed(digits).padStart(width);
const bar = (share: number): string => "█".repeat(Math.max(0, Math.round(share * 40)));

/** Greedy picking, first come, balance and draw over the same cases. */
export function comparePolicies({ cases: count, load, seed }: { cases: number; load: number; seed: number }): void {
  const cases = streamOf(count, seed, load);
  const until = (cases.at(-1)?.arrivedAt ?? begin) + dayMs;
  const readers = crews(until);
  const rows = policies.map((policy) => {
    const started = process.cpuUsage().user;
    const played = play(cases, readers, policy, until);
    const seconds = (process.cpuUsage().user - started) / 1e6;
    const shifts = fairnessByShift(played, readers, cases.at(-1)?.arrivedAt ?? begin);
    return { policy, measured: measure(played, readers, begin, until), shifts, seconds };
  });
  say(
    `\n${count} cases, ${readers.length} readers in three shifts, ${Math.round(load * 100)} % busy. Minutes from arrival to signature (mean, p95), signed in time:`,
  );
  say(`${"".padEnd(16)}${["STAT", "urgent", "routine"].map((each) => each.padStart(24)).join("")}`);
  for (const { policy, measured } of rows)
    say(
      `${policy.name.padEnd(16)}${(["stat", "urgent", "routine"] as const).map((each) => waiting(measured, each)).join("")}`,
    );
  say("\nMean wait of STAT:");
  const longest = Math.max(...rows.map(({ measured }) => measured.byPriority.stat.meanMinutes));
  for (const { policy, measured } of rows)
    say(
      `${policy.name.padEnd(16)}${right(measured.byPriority.stat.meanMinutes)} min ${bar(measured.byPriority.stat.meanMinutes / longest)}`,
    );
  say(
    "\nWork units of a reader per hour (least, median, most), and fairness of a shift (mean of all shifts; 1 and 0 are even):",
  );
  for (const { policy, measured, shifts, seconds } of rows) {
    const rates = measured.loads.map(({ workUnits, hours }) => workUnits / hours).sort((a, b) => a - b);
    const [least = 0, median = 0, most = 0] = [rates[0], rates[rates.length >> 1], rates.at(-1)];
    say(
      `${policy.name.padEnd(16)}${right(least, 1)}${right(median, 1)}${right(most, 1)}   Jain ${shifts.jain.toFixed(3)}, Gini ${shifts.gini.toFixed(3)} ${bar(shifts.gini * 2)}   (${seconds.toFixed(1)} s of CPU)`,
    );
  }
}

function waiting({ byPriority }: Measures, priority: Priority): string {
  const { cases, met, meanMinutes, p95Minutes } = byPriority[priority];
  return `${right(meanMinutes)} ${right(p95Minutes)} ${right((100 * met) / cases, 1)} %`;
}

/** Of the readers of each shift by itself. */
function fairnessByShift(
  played: Played,
  readers: readonly ReaderFacts[],
  until: number,
): { jain: number; gini: number } {
  const found: { jain: number; gini: number }[] = [];
  for (let from = begin; from + 8 * 60 * minuteMs <= until; from += 8 * 60 * minuteMs) {
    const end = from + 8 * 60 * minuteMs;
    const within = { readings: played.readings.filter(({ takenAt }) => takenAt >= from && takenAt < end), unread: [] };
    found.push(measure(within, readers, from, end).fairness);
  }
  const mean = (of: "jain" | "gini") => found.reduce((sum, each) => sum + each[of], 0) / found.length;
  return { jain: mean("jain"), gini: mean("gini") };
}

/** What one well-paid routine case more costs those that are expedited: the same six hours with and without it. */
export function oneCaseMore({ windows, moments, load }: { windows: number; moments: number; load: number }): void {
  say(
    `\nOne well-paid routine case more: minutes that STAT and urgent cases wait longer, all of them together (mean of ${windows * moments} such cases):`,
  );
  for (const policy of [policies[0], policies[3]]) {
    const longer: number[] = [];
    for (let window = 0; window < windows; window++) {
      const cases = streamOf(320, 100 + window, load);
      const until = (cases.at(-1)?.arrivedAt ?? begin) + dayMs / 6;
      const readers = crews(until);
      const without = expeditedWait(play(cases, readers, policy, until));
      for (let n = 0; n < moments; n++) {
        const at = (cases[60 + n * 30]?.arrivedAt ?? begin) + 1;
        longer.push(expeditedWait(play([...cases, extraCase(at)], readers, policy, until)) - without);
      }
    }
    const mean = longer.reduce((a, b) => a + b, 0) / longer.length;
    const deviation = Math.sqrt(
      longer.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (longer.length - 1) / longer.length,
    );
    say(`${(policy as Policy).name.padEnd(16)}${right(mean, 1)} min, standard error ${deviation.toFixed(1)}`);
  }
  say("Published, of 2.2 million studies and 115 readers: 17.7 min where readers choose, 2 min where they do not.");
}

const expeditedWait = ({ readings }: Played): number =>
  readings
    .filter(({ priority }) => priority !== "routine")
    .reduce((sum, { arrivedAt, signedAt }) => sum + (signedAt - arrivedAt) / minuteMs, 0);
