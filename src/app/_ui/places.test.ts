import assert from "node:assert/strict";
import { test } from "node:test";
import { placesOf, startPageOf, worksAt } from "./places.ts";

test("everybody lands where their work is", () => {
  assert.equal(startPageOf(["radiologist"]), "/worklist");
  assert.equal(startPageOf(["worklist_manager"]), "/worklist");
  assert.equal(startPageOf(["technologist"]), "/worklist");
  assert.equal(startPageOf(["referring_physician"]), "/reports");
  assert.equal(startPageOf(["site_admin"]), "/admin");
  assert.equal(startPageOf(["platform_operator"]), "/operator");
});

test("a radiologist who also administers sees each place once and starts at the worklist", () => {
  const places = placesOf(["site_admin", "radiologist"]).map((place) => place.href);
  assert.deepEqual(places, [
    "/worklist",
    "/admin",
    "/admin/facilities",
    "/admin/users",
    "/admin/set-aside",
    "/admin/damaged",
    "/admin/identity",
    "/admin/audit",
  ]);
  assert.equal(worksAt(["platform_operator"], "/worklist"), false);
});
