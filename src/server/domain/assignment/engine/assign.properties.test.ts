import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { randomSnapshot } from "#tests/factories/assignment.ts";
import { isAway, isForbidden, isTrained } from "#tests/factories/assignment-oracle.ts";
import { assign } from "./assign.ts";
import type { Decision, Outcome } from "./decisions.ts";
import { type CaseFacts, type ReaderFacts, type Snapshot, snapshotSchema } from "./snapshot.ts";
import { type ReaderTrace, traces } from "./trace.ts";

const holds = (property: (snapshot: Snapshot) => void, numRuns = 600): void =>
  fc.assert(fc.property(randomSnapshot, property), { numRuns, seed: 20261127 });

const isOpen = ({ state }: CaseFacts): boolean => !["final", "amended", "cancelled"].includes(state);
const caseOf = (snapshot: Snapshot, caseId: string): CaseFacts =>
  snapshot.cases.find(({ id }) => id === caseId) as CaseFacts;
const readerOf = (snapshot: Snapshot, readerId: string): ReaderFacts => {
  const reader = snapshot.readers.find(({ id }) => id === readerId);
  assert.ok(reader, `${readerId} is a reader of the group`);
  return reader;
};

/** Everybody to whom the decision newly opens the case; what is kept is no new choice. */
function given(decision: Decision, { readerSets }: Outcome): string[] {
  switch (decision.kind) {
    case "offer":
      return [decision.readerId, ...decision.afterHim];
    case "assign":
      return [decision.readerId];
    case "pool":
    case "draw":
      return readerSets[decision.set] ?? [];
    default:
      return [];
  }
}

test("random facts are of the shape that is documented", () => {
  holds((snapshot) => {
    snapshotSchema.parse(snapshot);
  }, 100);
});

test("no case is ever given to a reader who is barred, away or has left it for later", () => {
  holds((snapshot) => {
    const outcome = assign(snapshot);
    for (const decision of outcome.decisions) {
      const facts = caseOf(snapshot, decision.caseId);
      for (const readerId of given(decision, outcome)) {
        const reader = readerOf(snapshot, readerId);
        assert.ok(!isForbidden(snapshot, facts, reader), `${readerId} is forbidden to read ${facts.id}`);
        assert.ok(!isAway(snapshot, facts, reader), `${readerId} is away from ${facts.id}`);
      }
      if (decision.kind === "keep" && decision.what !== "claim")
        assert.ok(!isForbidden(snapshot, facts, readerOf(snapshot, decision.readerId)), "what is kept is allowed too");
    }
  });
});

test("who has read a case that is read twice is given it by no rule, neither as the second reader nor to decide between two", () => {
  let seen = 0;
  holds((snapshot) => {
    // As it stands after one reading or two: the contract asks for both, and what is next is an over-read.
    const cases = snapshot.cases.map((facts) =>
      facts.readBy.length > 0 ? { ...facts, doubleReading: true, readType: "over-read" as const } : facts,
    );
    const outcome = assign({ ...snapshot, cases });
    for (const decision of outcome.decisions) {
      const { readBy } = caseOf({ ...snapshot, cases }, decision.caseId);
      const readers = given(decision, outcome);
      if (readBy.length > 0) seen += readers.length;
      for (const { readerId } of readBy)
        assert.ok(!readers.includes(readerId), `${readerId} has read ${decision.caseId}`);
    }
  });
  assert.ok(seen > 50, `others are given such cases (${seen})`);
});

test("what a rule asks training for goes to nobody who is not trained for it: by modality, region, age and procedure", () => {
  holds((snapshot) => {
    const outcome = assign(snapshot);
    for (const decision of outcome.decisions) {
      if (!("ruleId" in decision) || decision.kind === "keep" || decision.kind === "nobody") continue;
      const rule = snapshot.rules.rules.find(({ id }) => id === decision.ruleId);
      if (rule?.subspecialty !== "required") continue;
      const facts = caseOf(snapshot, decision.caseId);
      for (const readerId of given(decision, outcome))
        assert.ok(isTrained(facts, readerOf(snapshot, readerId)), `${readerId} is not trained for ${facts.id}`);
    }
  });
});

test("random facts are not too kind: language, kind of reading and training by procedure bar somebody, and let somebody, often", () => {
  const seen = new Map<string, number>();
  const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
  holds((snapshot) => {
    const { outcome, traces: found } = traces(snapshot, null);
    for (const { readers } of found.values())
      for (const { findings } of readers) for (const { code } of findings) count(code);
    for (const decision of outcome.decisions) {
      const facts = caseOf(snapshot, decision.caseId);
      const to: string[] = given(decision, outcome);
      if (to.length === 0) continue;
      count("given");
      if (facts.language !== null) count("given in a language");
      if (facts.readType === "over-read") count("given to be gone over");
      const byProcedure = (readerId: string) =>
        readerOf(snapshot, readerId).subspecialties.some(
          ({ procedures }) => procedures.length > 0 && procedures.some((each) => facts.procedures.includes(each)),
        );
      if (to.some(byProcedure)) count("given to who is trained by procedure");
    }
  });
  for (const what of [
    "language.held",
    "language.missing",
    "read-type.missing",
    "conflict.same-reader",
    "subspecialty.required",
    "given",
    "given in a language",
    "given to be gone over",
    "given to who is trained by procedure",
  ])
    assert.ok((seen.get(what) ?? 0) >= 30, `${what}: ${seen.get(what) ?? 0} times`);
});

test("every open case has exactly one outcome, and nothing else has any", () => {
  holds((snapshot) => {
    const { decisions } = assign(snapshot);
    const open = snapshot.cases.filter(isOpen).map(({ id }) => id);
    assert.deepEqual(
      decisions.map(({ caseId }) => caseId),
      open.toSorted(),
    );
  });
});

test("a case for which somebody could be found is not said to be for nobody, and one that waits has a reason to", () => {
  holds((snapshot) => {
    const { rules } = snapshot.rules;
    for (const decision of assign(snapshot).decisions) {
      const facts = caseOf(snapshot, decision.caseId);
      const able = snapshot.readers.filter(
        (each) => !isForbidden(snapshot, facts, each) && !isAway(snapshot, facts, each),
      );
      // Without rules, whoever may is in the pool.
      if (decision.kind === "nobody" && rules.length === 0) assert.equal(able.length, 0);
      if (decision.kind === "nobody")
        assert.equal(
          decision.barred.reduce((sum, { readers }) => sum + readers, 0),
          snapshot.readers.length,
          "what is in the way is said of every reader",
        );
      if (decision.kind === "wait" && decision.why === "capacity") {
        assert.notEqual(facts.priority, "stat", "STAT waits for no cap");
        assert.ok(able.length > 0);
      }
    }
  });
});

test("a case is in one reader's hands at most, and who reads it now goes on", () => {
  holds((snapshot) => {
    for (const decision of assign(snapshot).decisions) {
      const { claim } = caseOf(snapshot, decision.caseId);
      const runs = claim !== null && claim.until > snapshot.now;
      assert.equal(decision.kind === "keep" && decision.what === "claim", runs);
      if (runs && decision.kind === "keep") assert.equal(decision.readerId, claim.readerId);
    }
  });
});

test("lines hold cases that are drawn, for readers who may draw them, no case twice in one", () => {
  holds((snapshot) => {
    const outcome = assign(snapshot);
    for (const { readerId, caseIds } of outcome.lines) {
      assert.equal(new Set(caseIds).size, caseIds.length);
      for (const caseId of caseIds) {
        const decision = outcome.decisions.find((each) => each.caseId === caseId);
        assert.ok(decision?.kind === "draw" && outcome.readerSets[decision.set]?.includes(readerId));
      }
      assert.ok(readerOf(snapshot, readerId).signedIn);
    }
    // What is drawn by readers who are there stands in somebody's line first, unless something more urgent does.
    for (const decision of outcome.decisions)
      if (decision.kind === "draw")
        for (const readerId of outcome.readerSets[decision.set] ?? [])
          if (readerOf(snapshot, readerId).signedIn)
            assert.ok(
              outcome.lines.some((line) => line.readerId === readerId),
              `${readerId} has a line`,
            );
  });
});

test("the same snapshot gets the same answer, after a round trip through JSON and in whatever order its lists came", () => {
  fc.assert(
    fc.property(randomSnapshot, fc.infiniteStream(fc.nat()), (snapshot, lots) => {
      const first = JSON.stringify(assign(snapshot));
      assert.equal(JSON.stringify(assign(snapshot)), first);
      assert.equal(JSON.stringify(assign(snapshotSchema.parse(JSON.parse(JSON.stringify(snapshot))))), first);
      const shuffle = <T>(list: readonly T[]): T[] =>
        list
          .map((each) => [lots.next().value, each] as const)
          .sort(([a], [b]) => a - b)
          .map(([, each]) => each);
      const shuffled: Snapshot = {
        ...snapshot,
        cases: shuffle(snapshot.cases).map((each) => ({
          ...each,
          modalities: shuffle(each.modalities),
          procedures: shuffle(each.procedures),
          linkedCaseIds: shuffle(each.linkedCaseIds),
          readBy: shuffle(each.readBy),
          declined: shuffle(each.declined),
          skips: shuffle(each.skips),
        })),
        readers: shuffle(snapshot.readers).map((each) => ({
          ...each,
          licences: shuffle(each.licences),
          privileges: shuffle(each.privileges),
        })),
        groups: shuffle(snapshot.groups),
        contracts: shuffle(snapshot.contracts),
      };
      assert.equal(JSON.stringify(assign(shuffled)), first);
    }),
    { numRuns: 400, seed: 20261127 },
  );
});

test("deciding changes nothing in the facts", () => {
  holds((snapshot) => {
    const before = JSON.stringify(snapshot);
    assign(snapshot);
    assert.equal(JSON.stringify(snapshot), before);
  }, 200);
});

test("every choice has a trace that says the same as the decision, of every reader", () => {
  holds((snapshot) => {
    const { outcome, traces: found } = traces(snapshot, null);
    assert.deepEqual(outcome, assign(snapshot), "looking changes nothing");
    for (const decision of outcome.decisions) {
      const trace = found.get(decision.caseId);
      assert.ok(trace);
      assert.equal(trace.readers.length, snapshot.readers.length);
      const open = given(decision, outcome);
      for (const { readerId, stand, findings } of trace.readers) {
        const has = "readerId" in decision && decision.readerId === readerId;
        assert.equal(stand === "has", has);
        if (open.includes(readerId) && !has)
          assert.ok(
            stand === "may" || stand === "not-asked",
            `${readerId} is ${stand} and ${decision.caseId} is his to take`,
          );
        // Who is not let says why; whoever must not read it, at all or now, is barred, whatever else is the matter.
        const facts = caseOf(snapshot, decision.caseId);
        const reader = readerOf(snapshot, readerId);
        if (!has && (isForbidden(snapshot, facts, reader) || isAway(snapshot, facts, reader)))
          assert.equal(stand, "barred");
        assert.ok(findings.length > 0);
      }
    }
  });
});

test("STAT goes past every cap and past no bar", () => {
  holds((snapshot) => {
    const capped: Snapshot = {
      ...snapshot,
      readers: snapshot.readers.map((each) => ({ ...each, caps: { openCases: 0, shiftCases: 0, shiftWorkUnits: 0 } })),
      cases: snapshot.cases.map((each) => ({ ...each, claim: null, offer: null, assignment: null })),
    };
    const uncapped: Snapshot = {
      ...capped,
      readers: capped.readers.map((each) => ({
        ...each,
        caps: { openCases: null, shiftCases: null, shiftWorkUnits: null },
      })),
    };
    const [strict, free] = [assign(capped), assign(uncapped)];
    const freely = new Map(free.decisions.map((each) => [each.caseId, each]));
    for (const decision of strict.decisions) {
      if (caseOf(snapshot, decision.caseId).priority === "stat") {
        const without = freely.get(decision.caseId);
        assert.equal(decision.kind, without?.kind, "the caps change nothing for STAT");
        assert.deepEqual(given(decision, strict).toSorted(), without && given(without, free).toSorted());
      } else assert.deepEqual(given(decision, strict), [], "and leave nobody for anything else");
    }
  });
});

test("a reader who leaves takes nothing from a case but himself", () => {
  holds((snapshot) => {
    const [gone, ...rest] = snapshot.readers;
    if (!gone) return;
    const fewer: Snapshot = { ...snapshot, readers: rest };
    const [before, after] = [traces(snapshot, null), traces(fewer, null)];
    const later = new Map(after.outcome.decisions.map((each) => [each.caseId, each]));
    for (const decision of before.outcome.decisions) {
      const now = later.get(decision.caseId) as Decision;
      // What others hold stays with them.
      if (decision.kind === "keep" && decision.readerId !== gone.id) assert.deepEqual(now, decision);
      // Whoever must not read it still must not, for the same reasons, and nobody else is barred because somebody left.
      const old: ReaderTrace[] =
        before.traces.get(decision.caseId)?.readers.filter(({ readerId }) => readerId !== gone.id) ?? [];
      const ruleChanged = "ruleId" in decision && "ruleId" in now && decision.ruleId !== now.ruleId;
      for (const { readerId, findings } of old) {
        const bars = (each: { code: string }) =>
          /^(licence|privilege|contract|conflict|read-type|language|shift|break|skip)\./.test(each.code);
        const again = after.traces.get(decision.caseId)?.readers.find((each) => each.readerId === readerId);
        assert.deepEqual(again?.findings.filter(bars), findings.filter(bars));
      }
      // Who could claim it still can.
      if (
        decision.kind === "pool" &&
        now.kind === "pool" &&
        !ruleChanged &&
        facts(snapshot, decision).priority === "stat"
      )
        assert.deepEqual(
          given(now, after.outcome),
          given(decision, before.outcome).filter((each) => each !== gone.id),
        );
      // STAT that somebody else may read still finds somebody.
      if (
        facts(snapshot, decision).priority === "stat" &&
        given(decision, before.outcome).some((each) => each !== gone.id)
      )
        assert.ok(given(now, after.outcome).length > 0, `${decision.caseId} still finds somebody`);
    }
  });
});
test("without caps and where nobody is asked, a reader who leaves is missing from the sets he was in, and nothing else changes", () => {
  holds((random) => {
    const [gone, ...rest] = random.readers;
    if (!gone) return;
    const free = { openCases: null, shiftCases: null, shiftWorkUnits: null };
    const snapshot: Snapshot = {
      ...random,
      readers: [gone, ...rest].map((each) => ({ ...each, caps: free })),
      rules: {
        version: 1,
        rules: random.rules.rules.map((each) => ({
          ...each,
          caps: { openCases: null, openWorkUnits: null },
          mode: each.mode.kind === "push" ? { kind: "pool" } : each.mode,
        })),
      },
    };
    const before = assign(snapshot);
    const after = assign({ ...snapshot, readers: snapshot.readers.slice(1) });
    for (const [n, decision] of before.decisions.entries()) {
      const now = after.decisions[n] as Decision;
      assert.equal(now.caseId, decision.caseId);
      const left: string[] = given(decision, before).filter((each) => each !== gone.id);
      if (left.length > 0) assert.deepEqual([now.kind, given(now, after)], [decision.kind, left]);
      if (decision.kind === "nobody" || decision.kind === "wait") assert.equal(now.kind, decision.kind);
    }
  });
});
const facts = (snapshot: Snapshot, { caseId }: Decision): CaseFacts => caseOf(snapshot, caseId);

test("an answer carried out is the answer again: nothing that was decided is undone by deciding once more", () => {
  holds((snapshot) => {
    const outcome = assign(snapshot);
    const decided = new Map(outcome.decisions.map((each) => [each.caseId, each]));
    const carriedOut: Snapshot = {
      ...snapshot,
      cases: snapshot.cases.map((each) => {
        const decision = decided.get(each.id);
        if (decision?.kind === "offer")
          return {
            ...each,
            assignment: null,
            offer: {
              readerId: decision.readerId,
              offeredAt: snapshot.now,
              until: decision.until,
              ruleId: decision.ruleId,
            },
          };
        if (decision?.kind === "assign")
          return {
            ...each,
            offer: null,
            assignment: { readerId: decision.readerId, assignedAt: snapshot.now, ruleId: decision.ruleId },
          };
        return each;
      }),
    };
    for (const decision of assign(carriedOut).decisions) {
      const first = decided.get(decision.caseId);
      if (first?.kind !== "offer" && first?.kind !== "assign") continue;
      assert.ok(
        decision.kind === "keep" && decision.readerId === first.readerId,
        `${decision.caseId} stays with ${first.readerId}`,
      );
    }
  });
});
