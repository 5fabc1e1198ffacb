import assert from "node:assert/strict";
import { test } from "node:test";
import { reason } from "@overread/shared/reasons";
import { reportWords } from "@overread/shared/report-words";
import { conflictInWords, doubtsInWords, incompleteInWords, inWords } from "./in-words.ts";

test("a case whose images name different patients says in which attributes, and what to do", () => {
  assert.equal(conflictInWords(null), null);
  assert.equal(
    conflictInWords(reason("images-name-others", { differ: ["patient-id", "name", "birth-date"] })),
    "Images of this study name different patients: they differ in patient ID, name and date of birth. Ask the site before reading.",
  );
  assert.equal(
    conflictInWords(reason("priors-name-another", { differ: ["name"] })),
    "Earlier studies under this patient ID name another patient: they differ in name. They are not compared by themselves.",
  );
});

test("a report states at the signature what its reader is told today, in the past", () => {
  const doubts = [reason("images-name-others", { differ: ["sex" as const] }), reason("patient-id-names-nobody")];
  assert.equal(
    doubtsInWords(doubts),
    "Images of this study name different patients: they differ in sex. There is no patient ID that identifies anybody. Make sure whose report this is.",
  );
  assert.equal(
    reportWords("de").identity.whenSigned(doubts),
    "When this was signed: Images of this study named different patients: they differed in sex. There was no patient ID that identifies anybody.",
  );
  assert.deepEqual([doubtsInWords([]), reportWords("").identity.whenSigned([])], [null, ""]);
});

test("what is missing of a study is counted", () => {
  assert.equal(incompleteInWords([]), null);
  assert.equal(
    incompleteInWords([
      reason("images-refused", { received: 3, expected: 4, refused: 1 }),
      reason("images-damaged", { damaged: 2 }),
    ]),
    "3 of 4 images; 1 refused; 2 images are damaged and not shown",
  );
});

test("waiting, due times and the age of a prior are said in the unit that reads best", () => {
  const waiting = [30, 60, 90, 240].map((minutes) => inWords(reason("waiting-over", { minutes })));
  assert.deepEqual(
    waiting,
    ["30 minutes", "1 hour", "1.5 hours", "4 hours"].map((span) => `Waiting over ${span}`),
  );
  const earlier = [0, 1, 59, 60, 365, 730].map((days) => inWords(reason("earlier", { days })));
  assert.deepEqual(earlier, [
    "Same day",
    "1 day earlier",
    "59 days earlier",
    "2 months earlier",
    "12 months earlier",
    "1 years earlier",
  ]);
  assert.equal(inWords(reason("patient-under", { years: 1 })), "Patient under 1 year");
});

test("a reason that a newer portal gives to an older page is shown by its code", () => {
  assert.equal(inWords({ code: "read-elsewhere" as "overdue", params: {} }), "read-elsewhere");
});
