import assert from "node:assert/strict";
import { test } from "node:test";
import type { UserActor } from "#server/context.ts";
import type { Role } from "#server/db/generated/enums.ts";
import type { PolicyRow } from "../authorize.ts";
import { referralPolicy, reportPolicy } from "./policy.ts";

const hospital = "hospital";
const group = "group";
const row: PolicyRow = { orgId: hospital, readerOrgId: group, facilityId: "main", referrerId: "me" };
const person = (role: Role, orgId: string, userId = "me"): UserActor => ({
  kind: "user",
  userId,
  orgId,
  orgSlug: "any",
  orgKind: "hospital",
  roles: [role],
  facilityIds: [],
  displayName: "",
  email: "",
  sessionId: "",
});
const homes: Record<Role, string> = {
  radiologist: group,
  worklist_manager: group,
  technologist: hospital,
  site_admin: hospital,
  referring_physician: hospital,
  platform_operator: "platform",
};
const expected: Record<keyof typeof reportPolicy.table, Role[]> = {
  "report.read": ["radiologist", "worklist_manager", "technologist", "referring_physician"],
  "report.read-draft": ["radiologist"],
  "report.read-scores": ["radiologist", "worklist_manager"],
  "report.read-markup": ["radiologist"],
  "report.save-markup": ["radiologist"],
  "report.save-draft": ["radiologist"],
  "report.take-over-draft": ["radiologist"],
  "report.sign-preliminary": ["radiologist"],
  "report.sign": ["radiologist"],
  "report.addendum": ["radiologist"],
  "report.store-documents": [],
};

test("each office may do to a report what is its own, and nothing in another's place", () => {
  for (const [action, may] of Object.entries(expected) as [keyof typeof expected, Role[]][])
    for (const [role, home] of Object.entries(homes) as [Role, string][]) {
      assert.equal(reportPolicy.can(person(role, home), action, row), may.includes(role), `${role} ${action}`);
      for (const other of [hospital, group, "platform", "strangers"].filter((org) => org !== home))
        assert.equal(reportPolicy.can(person(role, other), action, row), false, `${role} at ${other} ${action}`);
    }
});

test("a referring physician reads what names this very person", () => {
  for (const action of ["referral.list", "referral.read"] as const) {
    assert.equal(referralPolicy.can(person("referring_physician", hospital), action, row), true);
    assert.equal(referralPolicy.can(person("referring_physician", hospital, "colleague"), action, row), false);
    assert.equal(referralPolicy.can(person("referring_physician", "strangers"), action, row), false);
    for (const role of Object.keys(homes) as Role[])
      if (role !== "referring_physician")
        assert.equal(referralPolicy.can(person(role, hospital), action, row), false, role);
  }
});
