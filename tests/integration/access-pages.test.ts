import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import type { UserActor } from "#server/context.ts";
import { type Abilities, abilitiesOf } from "#server/trpc/abilities.ts";
import { procedures, roles } from "../access/lines.ts";

/** Pages that anybody may see who has signed in, or nobody has to sign in for. */
const open = ["(admin)/account/page.tsx", "(auth)/invitation/page.tsx", "(auth)/sign-in/page.tsx", "page.tsx"];
/** What a page is for, where it does not fetch that itself: the screen does, or its one act. */
const whatItIsFor: Record<string, string[]> = {
  "(reading)/studies/[caseId]/page.tsx": ["study.open"],
  "(admin)/admin/audit/page.tsx": ["audit.search"],
  "(admin)/admin/facilities/page.tsx": ["facility.update"],
  "(admin)/tech-check/page.tsx": ["techCheck.open"],
};
/** Asks nothing of any organisation: /api/health/ready, which anybody may ask. */
const withoutProcedure: Record<string, string[]> = { "(admin)/operator/page.tsx": ["platform_operator"] };

const root = new URL("../../src/app/", import.meta.url);
const pages = globSync("**/page.tsx", { cwd: root })
  .filter((file) => !open.includes(file))
  .map((file) => {
    const text = readFileSync(new URL(file, root), "utf8");
    const gate = /requireAllowedPerson\([^,]+, "(\w+)"\)/.exec(text)?.[1] as keyof Abilities | undefined;
    const calls = [...text.matchAll(/(?:me\.can\.(\w+) \? [^;]*?)?caller\.(\w+)\.(\w+)\(/g)].map(
      ([, onlyFor, router, procedure]) => ({ onlyFor: onlyFor as keyof Abilities, name: `${router}.${procedure}` }),
    );
    const wanted = (whatItIsFor[file] ?? []).map((name) => ({ onlyFor: undefined, name }));
    return { file, gate, calls: [...calls, ...wanted] };
  });
const abilities = (role: (typeof roles)[number]): Abilities =>
  abilitiesOf({
    kind: "user",
    orgId: "own",
    userId: "u",
    roles: [role],
    facilityIds: [] as string[],
  } as unknown as UserActor);

for (const { file, gate, calls } of pages)
  test(`${file} is open to exactly those whom its procedures answer`, () => {
    assert.ok(gate, "a page says who may open it");
    assert.ok(calls.length > 0 || withoutProcedure[file], "a page is made of something");
    for (const role of roles) {
      const can = abilities(role);
      const answered = calls
        .filter(({ onlyFor }) => !onlyFor)
        .every(({ name }) => procedures[name]?.may.includes(role));
      assert.equal(can[gate], withoutProcedure[file]?.includes(role) ?? answered, role);
      for (const { onlyFor, name } of calls)
        if (onlyFor && can[gate] && can[onlyFor]) assert.ok(procedures[name]?.may.includes(role), `${role}: ${name}`);
    }
  });

test("no page is decided by the name of a role", () => {
  for (const file of globSync("**/*.{ts,tsx}", { cwd: root, exclude: (name) => name === "api" })) {
    if (/\.test\.tsx?$/.test(file)) continue;
    const text = readFileSync(new URL(file, root), "utf8");
    assert.doesNotMatch(text, /\broles\.(includes|some|every)\(/, file);
  }
});
