import assert from "node:assert/strict";
import { test } from "node:test";
import { isAffected, isLiveList, parseNotice } from "./live-notice.ts";

const list = [["worklist", "list"], { input: { limit: 200 }, type: "query" }];
const open = [["study", "open"], { input: { caseId: "mine" }, type: "query" }];

test("a changed case refreshes every list, and of the open cases only the one it names", () => {
  const notices = [{ topic: "case.changed", caseId: "other", studyId: "s2" }];
  assert.equal(isAffected(list, undefined, notices), true);
  assert.equal(isAffected([["order", "list"], { input: { list: "waiting" } }], undefined, notices), true);
  assert.equal(isAffected(open, { item: { studyId: "s1" } }, notices), false);
  assert.equal(isAffected(open, { item: { studyId: "s1" } }, [{ topic: "case.changed", caseId: "mine" }]), true);
});

test("late images of the open study are found by the study's id", () => {
  assert.equal(isAffected(open, { item: { studyId: "s1" } }, [{ topic: "study.changed", studyId: "s1" }]), true);
});

test("a notice that cannot be read, or of an unknown topic, disturbs nothing", () => {
  assert.equal(parseNotice("not json"), null);
  assert.equal(parseNotice('{"kind":"x"}'), null);
  assert.equal(isAffected(list, undefined, [{ topic: "weather.changed" }]), false);
  assert.equal(isAffected([["edge", "list"], {}], undefined, [{ topic: "case.changed", caseId: "c" }]), false);
});

test("a delivered report is news for the report and the referrer", () => {
  const notice = parseNotice('{"topic":"report.changed","caseId":"c"}');
  assert.ok(notice);
  assert.equal(isAffected([["report", "get"], { input: { caseId: "c" } }], undefined, [notice]), true);
  assert.equal(isAffected([["referral", "list"], {}], undefined, [notice]), true);
});

test("when the stream opens, the lists are fetched again and no opened case is", () => {
  assert.equal(isLiveList(list), true);
  assert.equal(isLiveList([["referral", "list"], {}]), true);
  assert.equal(isLiveList(open), false);
  assert.equal(isLiveList([["report", "get"], { input: { caseId: "mine" } }]), false);
  assert.equal(isLiveList([["audit", "search"], {}]), false);
});
