import assert from "node:assert/strict";
import { test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import type { Actor, UserActor } from "#server/context.ts";
import { Role } from "#server/db/generated/enums.ts";
import type { PolicyRow } from "../authorize.ts";
import { type CaseAction, casePolicy } from "./policy.ts";

const hospital = "00000000-0000-7000-8000-000000000001";
const group = "00000000-0000-7000-8000-000000000002";
const stranger = "00000000-0000-7000-8000-000000000003";
const row: PolicyRow = { orgId: hospital, readerOrgId: group, facilityId: "main", referrerId: "me" };
const roles = Object.values(Role);
const person = (role: Role, orgId: string, facilityIds: string[] = []): UserActor => ({
  kind: "user",
  userId: "me",
  orgId,
  orgSlug: "any",
  orgKind: orgId === group ? "reading_group" : "hospital",
  roles: [role],
  facilityIds,
  displayName: "",
  email: "",
  sessionId: "",
});

/** Who may, by office; the reading offices in the group, the others at the hospital. */
const expected: Record<CaseAction, Role[]> = {
  "case.list": ["radiologist", "worklist_manager", "technologist", "site_admin"],
  "case.read": ["radiologist", "worklist_manager", "technologist", "site_admin"],
  "case.read-prior-report": ["radiologist"],
  "case.accept-prior": ["radiologist"],
  "case.see-late-images": ["radiologist"],
  "case.claim": ["radiologist"],
  "case.release-own": ["radiologist"],
  "case.release-others": ["worklist_manager"],
  "case.hold": ["radiologist", "worklist_manager"],
  "case.resume": ["radiologist", "worklist_manager", "technologist", "site_admin"],
  "case.raise-priority": ["radiologist", "worklist_manager", "technologist", "site_admin"],
  "case.tech-check": ["technologist", "site_admin"],
  "case.lower-priority": ["worklist_manager"],
  "case.reserve": ["radiologist"],
  "case.decline": ["radiologist"],
  "case.hand-over": ["radiologist"],
  "case.assign": ["worklist_manager"],
  "case.skip": ["radiologist"],
  "case.ask": ["radiologist", "worklist_manager"],
  "case.answer": ["technologist", "site_admin"],
  "case.cancel": ["worklist_manager", "site_admin"],
  "case.reinstate": ["worklist_manager", "site_admin"],
  "case.read-incomplete": ["radiologist", "worklist_manager"],
  "case.sign": ["radiologist"],
  "case.open": ["technologist"],
  "case.arrive": ["technologist"],
  "case.prioritize": [],
  "case.attach-priors": [],
  "case.expire": [],
  "case.remind-site": [],
};
const reading: Role[] = ["radiologist", "worklist_manager"];

test("each office may do to a case what is its own, and nothing in another's place", () => {
  for (const action of Object.keys(casePolicy.table) as CaseAction[])
    for (const role of roles) {
      const [home, elsewhere] = reading.includes(role) ? [group, hospital] : [hospital, group];
      const may = expected[action].includes(role);
      assert.equal(casePolicy.can(person(role, home), action, row), may, `${role} ${action}`);
      assert.equal(casePolicy.can(person(role, elsewhere), action, row), false, `${role} elsewhere ${action}`);
      assert.equal(casePolicy.can(person(role, stranger), action, row), false, `${role} of strangers ${action}`);
    }
});

test("a person of one facility sees that facility's cases only", () => {
  assert.equal(casePolicy.can(person("technologist", hospital, ["main"]), "case.read", row), true);
  assert.equal(casePolicy.can(person("technologist", hospital, ["north"]), "case.read", row), false);
  assert.equal(
    casePolicy.can(person("technologist", hospital, ["main"]), "case.read", { ...row, facilityId: null }),
    false,
  );
});

test("machines do what arrives and what is due, for their own organisation", () => {
  const system: Actor = { kind: "system", orgId: hospital, name: "worker" };
  const token = (scopes: string[], orgId = hospital): Actor => ({
    kind: "token",
    tokenId: "t",
    orgId,
    orgSlug: "any",
    scopes,
    name: "edge",
    edgeId: null,
    facilityId: null,
  });
  for (const action of [
    "case.open",
    "case.arrive",
    "case.prioritize",
    "case.attach-priors",
    "case.expire",
    "case.remind-site",
  ] as const) {
    assert.equal(casePolicy.can(system, action, row), true, action);
    assert.equal(casePolicy.can({ ...system, orgId: stranger }, action, row), false, action);
  }
  assert.equal(casePolicy.can(token(["dicomweb:write"]), "case.arrive", row), true);
  assert.equal(casePolicy.can(token(["dicomweb:read"]), "case.arrive", row), false);
  assert.equal(casePolicy.can(token(["dicomweb:write"], stranger), "case.arrive", row), false);
  assert.equal(casePolicy.can(token(["dicomweb:write"]), "case.claim", row), false);
});

test("not yours is not there; yours without the office is forbidden", () => {
  const code = (actor: Actor, action: CaseAction) => {
    try {
      casePolicy.authorize(actor, action, row);
      return "allowed";
    } catch (error) {
      return error instanceof DomainError ? error.code : String(error);
    }
  };
  assert.equal(code(person("radiologist", group), "case.claim"), "allowed");
  assert.equal(code(person("worklist_manager", group), "case.claim"), "auth.forbidden");
  assert.equal(code(person("radiologist", stranger), "case.claim"), "case.not-found");
  assert.equal(code(person("platform_operator", hospital), "case.read"), "case.not-found");
});
