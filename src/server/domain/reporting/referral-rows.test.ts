import assert from "node:assert/strict";
import { test } from "node:test";
import { CaseState } from "#server/db/generated/enums.ts";
import { referralStatus } from "./referral-rows.ts";

const signedAt = new Date();
const unsigned = (state: CaseState | null) =>
  referralStatus({ state, signedAt: null, lateImages: 0, hasPictures: true });

test("who referred a study is told what concerns them: that it is read, and not how", () => {
  assert.deepEqual(
    Object.values(CaseState)
      .filter((state) => !["final", "amended"].includes(state))
      .map((state) => [state, unsigned(state)]),
    [
      ["arriving", "arriving"],
      ["unread", "awaiting-report"],
      ["claimed", "awaiting-report"],
      ["drafted", "awaiting-report"],
      ["preliminary", "awaiting-report"],
      ["held", "awaiting-report"],
      ["cancelled", "cancelled"],
    ],
  );
  assert.equal(unsigned(null), "images-only", "a report is promised only of a study that somebody reads");
  assert.equal(
    referralStatus({ state: null, signedAt: null, lateImages: 0, hasPictures: false }),
    "no-images",
    "a study of documents alone is not said to be one of images",
  );
});

test("images that came after the report go before everything else that is said of it", () => {
  assert.equal(referralStatus({ state: "final", signedAt, lateImages: 0, hasPictures: true }), "signed");
  assert.equal(referralStatus({ state: "amended", signedAt, lateImages: 0, hasPictures: true }), "addendum");
  assert.equal(referralStatus({ state: "amended", signedAt, lateImages: 2, hasPictures: true }), "late-images");
  assert.equal(
    referralStatus({ state: "drafted", signedAt: null, lateImages: 2, hasPictures: true }),
    "awaiting-report",
    "nothing is signed yet",
  );
});
