import assert from "node:assert/strict";
import { test } from "node:test";
import type { UserActor } from "#server/context.ts";
import { OrganizationKind, type Role } from "#server/db/generated/enums.ts";
import { abilitiesOf } from "#server/trpc/abilities.ts";
import { placesOf, startPageOf } from "../../src/app/_ui/places.ts";

const somebody = (roles: Role[], kind: OrganizationKind) => ({
  can: abilitiesOf({ kind: "user", orgId: "own", userId: "u", roles, facilityIds: [] as string[] } as UserActor),
  org: { kind },
});
const { hospital, reading_group: group, platform } = OrganizationKind;

test("everybody lands where their work is", () => {
  assert.equal(startPageOf(somebody(["radiologist"], group)), "/worklist");
  assert.equal(startPageOf(somebody(["worklist_manager"], group)), "/worklist");
  assert.equal(startPageOf(somebody(["technologist"], hospital)), "/worklist");
  assert.equal(startPageOf(somebody(["referring_physician"], hospital)), "/reports");
  assert.equal(startPageOf(somebody(["site_admin"], hospital)), "/admin");
  assert.equal(startPageOf(somebody(["platform_operator"], platform)), "/operator");
  assert.equal(startPageOf(somebody([], hospital)), "/no-place");
});

test("who has several roles sees each place once and starts with the work nearest to patients", () => {
  const office = [
    "/admin",
    "/admin/facilities",
    "/admin/service-levels",
    "/admin/users",
    "/admin/set-aside",
    "/admin/damaged",
    "/admin/identity",
    "/tech-check",
    "/orders",
    "/admin/audit",
  ];
  const places = (roles: Role[], kind: OrganizationKind) => placesOf(somebody(roles, kind)).map(({ href }) => href);
  const inGroup = office.toSpliced(-1, 0, "/discrepancies");
  assert.deepEqual(places(["site_admin", "radiologist"], group), ["/worklist", ...inGroup]);
  assert.deepEqual(places(["site_admin", "technologist"], hospital), ["/worklist", ...office]);
  assert.deepEqual(places(["site_admin", "referring_physician"], hospital), ["/reports", "/worklist", ...office]);
  assert.deepEqual(places(["site_admin"], hospital), [...office, "/worklist"]);
});

test("what a group reads is its worklist, what a hospital sent are its studies", () => {
  const [first] = placesOf(somebody(["worklist_manager"], group));
  const [last] = placesOf(somebody(["site_admin"], hospital)).reverse();
  assert.deepEqual([first?.label, last?.label], ["Worklist", "Studies"]);
});
