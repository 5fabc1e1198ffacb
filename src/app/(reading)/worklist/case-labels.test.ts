import assert from "node:assert/strict";
import { test } from "node:test";
import type { WorklistItem } from "../../_trpc/types.ts";
import { caseLabels } from "./case-labels.ts";

const item = (more: Partial<WorklistItem>): WorklistItem =>
  ({
    patientName: "DOE, Jane",
    studyDescription: "CT Head",
    modalities: ["CT"],
    patientId: "P1",
    studyDate: "20261126",
    studyTime: "101500",
    accessionNumber: "",
    facility: "Main",
    studyInstanceUid: "1.2.3.40000001",
    caseId: "a",
    ...more,
  }) as WorklistItem;

test("no two rows of the palette say the same, whatever two cases have in common", () => {
  const rows = (...items: WorklistItem[]) => caseLabels(items).map(({ label, hint }) => `${label} | ${hint}`);
  assert.deepEqual(rows(item({})), ["DOE, Jane — CT Head | P1 · 26 Nov 2026"]);
  const pairs: [Partial<WorklistItem>, Partial<WorklistItem>][] = [
    [{ studyDate: "20261125" }, {}],
    [{ studyTime: "101600" }, {}],
    [{ accessionNumber: "A1" }, { accessionNumber: "A2" }],
    [{ accessionNumber: "A1" }, {}],
    [{ facility: "North" }, {}],
    [{ studyInstanceUid: "1.2.3.40000002" }, {}],
    [{ caseId: "b" }, {}],
  ];
  for (const [one, other] of pairs)
    assert.equal(new Set(rows(item(one), item(other), item({ patientId: "P2" }))).size, 3, JSON.stringify(one));
});
