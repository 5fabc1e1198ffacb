import assert from "node:assert/strict";
import { test } from "node:test";
import type { TokenActor, UserActor } from "#server/context.ts";
import type { Role } from "#server/db/generated/enums.ts";
import { imagingScope, mayAccessStudy, type StudyAccess } from "./image-access.ts";

const study: StudyAccess = { orgId: "lakeside", readerOrgId: "nightshift", facilityId: "main", referrerId: "rosa" };

const user = (orgId: string, role: Role, more: Partial<UserActor> = {}): UserActor => ({
  kind: "user",
  userId: "u",
  orgId,
  orgSlug: orgId,
  orgKind: "hospital",
  roles: [role],
  facilityIds: [],
  displayName: "",
  email: "",
  sessionId: "s",
  ...more,
});
const token = (orgId: string, scopes: string[], facilityId: string | null = null): TokenActor => ({
  kind: "token",
  tokenId: "t",
  orgId,
  orgSlug: orgId,
  scopes,
  name: "",
  edgeId: facilityId ? "e" : null,
  facilityId,
});

test("readers of the group in contract open a study, strangers do not", () => {
  assert.ok(mayAccessStudy(user("nightshift", "radiologist"), "study.read", study));
  assert.ok(!mayAccessStudy(user("dayshift", "radiologist"), "study.read", study));
  assert.ok(!mayAccessStudy(user("harbor", "technologist"), "study.read", study));
});

test("a technologist sees the images of the own hospital, and of the own facilities when bound to some", () => {
  assert.ok(mayAccessStudy(user("lakeside", "technologist"), "study.read", study));
  assert.ok(mayAccessStudy(user("lakeside", "technologist"), "study.store", study));
  assert.ok(mayAccessStudy(user("lakeside", "technologist", { facilityIds: ["main"] }), "study.read", study));
  assert.ok(!mayAccessStudy(user("lakeside", "technologist", { facilityIds: ["north"] }), "study.read", study));
});

test("a referring physician sees the patients referred by them and nobody else's", () => {
  const rosa = user("lakeside", "referring_physician", { userId: "rosa" });
  assert.ok(mayAccessStudy(rosa, "study.read", study));
  assert.ok(!mayAccessStudy(rosa, "study.read", { ...study, referrerId: "other" }));
  assert.ok(!mayAccessStudy(rosa, "study.read", { ...study, referrerId: null }));
  assert.ok(!mayAccessStudy(rosa, "study.store", study));
});

test("administrators, operators and worklist managers see no images", () => {
  for (const action of ["study.search", "study.read", "study.store"] as const) {
    assert.ok(!mayAccessStudy(user("nightshift", "worklist_manager"), action, study));
    assert.ok(!mayAccessStudy(user("lakeside", "site_admin"), action, study));
    assert.ok(!mayAccessStudy(user("overread", "platform_operator"), action, study));
  }
});

test("a token does what its scopes say, and writes only to its own hospital", () => {
  assert.ok(mayAccessStudy(token("lakeside", ["dicomweb:read"]), "study.read", study));
  assert.ok(!mayAccessStudy(token("lakeside", ["dicomweb:read"]), "study.store", study));
  assert.ok(mayAccessStudy(token("lakeside", ["dicomweb:write"]), "study.store", study));
  assert.ok(!mayAccessStudy(token("lakeside", ["dicomweb:write"]), "study.read", study));
  assert.ok(mayAccessStudy(token("nightshift", ["dicomweb:read"]), "study.read", study));
  assert.ok(!mayAccessStudy(token("nightshift", ["dicomweb:write"]), "study.store", study));
  assert.ok(!mayAccessStudy(token("lakeside", ["metrics", "fhir:read"]), "study.read", study));
});

test("an edge router reaches its own facility only", () => {
  const edge = token("lakeside", ["dicomweb:read", "dicomweb:write"], "north");
  assert.ok(!mayAccessStudy(edge, "study.read", study));
  assert.ok(mayAccessStudy(edge, "study.read", { ...study, facilityId: "north" }));
  assert.deepEqual(imagingScope(edge, "study.search", "lakeside"), { kind: "facilities", facilityIds: ["north"] });
});

test("the product itself works for the organisation it was asked to, and no other", () => {
  assert.ok(mayAccessStudy({ kind: "system", orgId: "lakeside", name: "worker" }, "study.read", study));
  assert.ok(!mayAccessStudy({ kind: "system", orgId: "harbor", name: "worker" }, "study.read", study));
});
