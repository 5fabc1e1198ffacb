import { parseArgs } from "node:util";
import { chainAllWaitingReads, startAuditWriter, waitingReads } from "#server/audit/writer.ts";
import type { UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { type AuditAction, audit } from "#server/domain/audit/index.ts";
import { listCases, openStudy } from "#server/domain/reading/index.ts";
import { createLog } from "#server/log.ts";
import { signedIn } from "#tests/actors.ts";
import { makeUnreadCase } from "#tests/factories/studies.ts";
import { say } from "../lib/say.mjs";
import { loadavg, median, onOwnGround } from "./ground.ts";

/**
 * Readers of one reading group that list the worklist and open a case, repeatedly: 1, 10 and 100 at once. Beside them
 * the same reads with an audit event that is chained in their own transaction, as for changes: it locks the group's
 * chain until commit. The first row shows the machine's limit; reads that wait for nothing keep it with a hundred
 * readers.
 */
export async function bench(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      readers: { type: "string", default: "1,10,100" },
      seconds: { type: "string", default: "4" },
      rounds: { type: "string", default: "3" },
      cases: { type: "string", default: "200" },
    },
  });
  const sizes = values.readers.split(",").map(Number);
  await onOwnGround(async ({ db }) => {
    await seedDemo({ password: "correct horse battery" });
    const cases: string[] = [];
    for (let n = 0; n < Number(values.cases); n++) cases.push((await makeUnreadCase(db.owner)).caseId);
    const { actor } = await signedIn("radiologist@nightshift.example");
    const writer = startAuditWriter(createLog("worker", "error"));
    const ways: { name: string; event: AuditAction | null }[] = [
      { name: "as they are", event: null },
      { name: "chained in their transaction", event: "case.renew" },
    ];
    const rates = new Map<string, number[]>();
    // The first round warms up.
    for (let round = 0; round <= Number(values.rounds); round++)
      for (const readers of sizes)
        for (const { name, event } of round % 2 ? ways : ways.toReversed()) {
          const rate = await rateOf(actor, cases, { readers, event, ms: Number(values.seconds) * 1000 });
          const key = `${name} ${readers}`;
          if (round > 0) rates.set(key, [...(rates.get(key) ?? []), rate]);
        }
    await writer.stop();
    const { count } = await waitingReads();
    for (const { name } of ways) {
      const [one = 0, ...more] = sizes.map((readers) => median(rates.get(`${name} ${readers}`) ?? []));
      const figures = [one, ...more].map(
        (rate, n) => `${sizes[n]}: ${rate.toFixed(0)}/s (${(rate / one).toFixed(2)}×)`,
      );
      say(`reads ${name}: ${figures.join(", ")}`);
    }
    for (const readers of sizes) {
      const [ours, chained] = ways.map(({ name }) => median(rates.get(`${name} ${readers}`) ?? []));
      say(`${readers} readers: ratio ${((ours ?? 0) / (chained ?? 1)).toFixed(2)}`);
    }
    const started = performance.now();
    await chainAllWaitingReads();
    say(
      `${count} reads still waited at the end, chained in ${(performance.now() - started).toFixed(0)} ms; load ${loadavg()[0]?.toFixed(1)}`,
    );
  });
}

/** Reads a second: half of them lists, half of them opened cases. */
async function rateOf(
  actor: UserActor,
  cases: string[],
  { readers, event, ms }: { readers: number; event: AuditAction | null; ms: number },
): Promise<number> {
  let done = 0;
  const started = performance.now();
  const until = started + ms;
  await Promise.all(
    Array.from({ length: readers }, async (_, reader) => {
      for (let at = reader; performance.now() < until; at++) {
        const caseId = cases[at % cases.length] as string;
        await withTenant(actor, async (ctx) => {
          if (event) await audit(ctx, { action: event });
          await (at % 2 ? listCases(ctx, { limit: 50 }) : openStudy(ctx, { caseId }));
        });
        done++;
      }
    }),
  );
  return (done * 1000) / (performance.now() - started);
}
