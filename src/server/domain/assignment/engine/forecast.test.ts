import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { aCase, aReader, aRule, aSnapshot, minutes, now, randomSnapshot } from "#tests/factories/assignment.ts";
import { isForbidden } from "#tests/factories/assignment-oracle.ts";
import { helpInWords } from "./findings-in-words.ts";
import { forecast } from "./forecast.ts";

const until = now + minutes(240);
const shift = (from: number, length: number) => [{ from: now + minutes(from), until: now + minutes(from + length) }];
/** Due one after the other; ten minutes of work each. */
const queue = (count: number, every: number) =>
  Array.from({ length: count }, (_, n) => aCase({ id: `c${n}`, dueAt: now + minutes(every * (n + 1)) }));
const reader = (id: string, facts: Partial<Parameters<typeof aReader>[0]> = {}) =>
  aReader({ id, minutesPerWorkUnit: 10, shifts: shift(-60, 480), ...facts });
const late = (facts: Parameters<typeof aSnapshot>[0]) => forecast(aSnapshot(facts), until);

test("which case will be late and when it would be signed follows from queue, shifts and pace", () => {
  assert.deepEqual(late({ cases: queue(6, 10), readers: [reader("ann")] }).breaches, []);
  const slow = late({ cases: queue(3, 10), readers: [reader("ann", { minutesPerWorkUnit: 14 })] });
  assert.deepEqual(
    slow.breaches.map(({ caseId, signedAt }) => [caseId, ((signedAt ?? 0) - now) / minutes(1)]),
    [
      ["c0", 14],
      ["c1", 28],
      ["c2", 42],
    ],
  );
  // On a break for ten minutes, and home after half an hour.
  const facts = { breaks: shift(10, 10), shifts: shift(-60, 90) };
  const short = late({ cases: queue(4, 10), readers: [reader("ann", facts)] });
  assert.deepEqual(
    short.breaches.map(({ caseId, signedAt }) => [caseId, signedAt === null ? null : (signedAt - now) / minutes(1)]),
    [
      ["c1", 30],
      ["c2", null],
      ["c3", null],
    ],
  );
});

test("STAT is foreseen before what is late, and what is claimed or assigned with its reader", () => {
  const cases = [
    aCase({ id: "routine", dueAt: now + minutes(5) }),
    aCase({ id: "stat", priority: "stat", dueAt: now + minutes(12) }),
  ];
  assert.deepEqual(
    late({ cases, readers: [reader("ann")] }).breaches.map(({ caseId }) => caseId),
    ["routine"],
  );
  const claim = { readerId: "ann", until: now + minutes(15), ruleId: null };
  const busy = late({ cases: [...cases, aCase({ id: "held", claim })], readers: [reader("ann")] });
  assert.deepEqual(
    busy.breaches.map(({ caseId }) => caseId),
    ["routine", "stat"],
  );
});

test("what would help is tried: somebody called in, somebody who stays, what is assigned set free", () => {
  const home = reader("ben", { shifts: shift(400, 480) });
  const calledIn = late({ cases: queue(6, 5), readers: [reader("ann"), home] });
  assert.equal(calledIn.breaches.length, 6);
  assert.equal(
    helpInWords(calledIn.helps[0]!, (_, id) => id),
    "Call in ben: 3 cases more in time",
  );
  assert.deepEqual(calledIn.helps, [{ kind: "call-in", readerId: "ben", avoided: 3, stat: 0 }]);
  const stays = late({ cases: queue(4, 20), readers: [reader("ann", { shifts: shift(-60, 80) })] });
  assert.equal(
    helpInWords(stays.helps[0]!, (_, id) => id),
    "Ask ann to stay for 1 h: 2 cases more in time",
  );
  assert.deepEqual(stays.helps, [{ kind: "stay-on", readerId: "ann", minutes: 60, avoided: 2, stat: 0 }]);
  assert.equal(
    helpInWords({ kind: "free-assigned", avoided: 1, stat: 2 }, (_, id) => id),
    "Open to all who may what waits for one reader: 1 case more in time; 2 STAT, and others late instead",
  );
  const assignment = { readerId: "ben", assignedAt: now, ruleId: null };
  const stuck = late({
    cases: [aCase({ id: "ct", dueAt: now + minutes(30), assignment })],
    readers: [reader("ann"), home],
  });
  assert.deepEqual(stuck.helps, [
    { kind: "call-in", readerId: "ben", avoided: 1, stat: 0 },
    { kind: "free-assigned", avoided: 1, stat: 0 },
  ]);
});

test("nobody is called in for what he may not read", () => {
  const unlicensed = reader("ben", { shifts: shift(400, 480), licences: [] });
  assert.deepEqual(late({ cases: queue(6, 5), readers: [reader("ann"), unlicensed] }).helps, []);
  const rules = [aRule({ id: "anns", readers: { readerIds: ["ann"], groupIds: [] }, exclusive: true })];
  const licensed = reader("ben", { shifts: shift(400, 480) });
  assert.deepEqual(late({ cases: queue(6, 5), readers: [reader("ann"), licensed], rules }).helps, []);
});

test("a forecast speaks of open cases once, of nobody who may not, and is the same again", () => {
  fc.assert(
    fc.property(randomSnapshot, (snapshot) => {
      const first = forecast(snapshot, until);
      assert.deepEqual(
        forecast({ ...snapshot, cases: snapshot.cases.toReversed(), readers: snapshot.readers.toReversed() }, until),
        first,
      );
      const ids = first.breaches.map(({ caseId }) => caseId);
      assert.equal(new Set(ids).size, ids.length);
      for (const { caseId, dueAt, signedAt, readers } of first.breaches) {
        const facts = snapshot.cases.find(({ id }) => id === caseId)!;
        assert.ok(!["final", "amended", "cancelled", "held", "arriving"].includes(facts.state) || facts.claim);
        assert.ok(dueAt <= until && (signedAt === null || signedAt > dueAt));
        const able = snapshot.readers.filter((each) => !isForbidden(snapshot, facts, each)).length;
        if (!facts.claim) assert.ok(readers <= able);
      }
      const stats = first.breaches.filter(({ priority }) => priority === "stat").length;
      for (const { avoided, stat } of first.helps) assert.ok(avoided > 0 && avoided <= ids.length && stat <= stats);
    }),
    { numRuns: 400, seed: 20261127 },
  );
});
