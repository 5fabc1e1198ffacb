import assert from "node:assert/strict";
import { test } from "node:test";
import { describeRecipients } from "./recipients.ts";

const study = { facility: "Lakeside General", referringPhysician: "Dr Rosa Almeida" };

test("a report's way is told as it is: PACS, and the physician who will find it", () => {
  assert.deepEqual(
    describeRecipients({ ...study, goesTo: { pacs: true, physician: "Dr Rosa Almeida", byDefault: false } }),
    ["back to the PACS of Lakeside General", "to Dr Rosa Almeida, who referred the patient"],
  );
  assert.match(
    describeRecipients({
      ...study,
      referringPhysician: "",
      goesTo: { pacs: true, physician: "Dr Ito", byDefault: true },
    })[1],
    /^to Dr Ito, who gets what names no referring physician$/,
  );
});

test("before signing it is said that nobody gets it: no PACS, a physician without an account, none named", () => {
  const nowhere = { pacs: false, physician: null, byDefault: false };
  assert.deepEqual(describeRecipients({ ...study, goesTo: nowhere }), [
    "not to a PACS: Lakeside General has named none",
    "not to Dr Rosa Almeida: no account here goes by that name. Call the site with what cannot wait.",
  ]);
  assert.match(describeRecipients({ ...study, referringPhysician: "", goesTo: nowhere })[1], /^to no physician/);
});
