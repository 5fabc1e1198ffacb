import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { readInstance } from "@overread/shared/dicom/part10";
import { newUid } from "@overread/shared/dicom/uids";
import { openStoreAssociation } from "../../edge-router/src/dimse/scu/storage.ts";
import { noRealData, realBytes, realData, realFiles } from "../real-data.ts";
import { run } from "../support/run.ts";
import { type PortalClient, signIn } from "./support/portal.ts";
import { storescu } from "./support/scanner.ts";
import { type Stack, startStack, until } from "./support/stack.ts";

/** Objects that nobody here made, through the whole product. */
const folder = realData();
let stack: Stack;
let radiologist: PortalClient;
const scratch = mkdtempSync(path.join(os.tmpdir(), "overread-real-"));

before(async () => {
  if (!folder) return;
  stack = await startStack();
  radiologist = await signIn(stack.baseUrl, "radiologist@nightshift.example", stack.demoPassword);
});
after(async () => {
  await stack?.stop();
  rmSync(scratch, { recursive: true, force: true });
});

async function sha256OfDataSet(bytes: Buffer): Promise<string> {
  const file = path.join(scratch, "probe.dcm");
  writeFileSync(file, bytes);
  const { dataSetOffset } = await readInstance({ path: file });
  return createHash("sha256").update(bytes.subarray(dataSetOffset)).digest("hex");
}

type Sent = {
  path: string;
  sopClassUid: string;
  sopInstanceUid: string;
  studyInstanceUid: string;
  seriesInstanceUid: string;
  transferSyntaxUid: string;
  sha256: string;
};

test("every file that opens goes in by C-STORE and comes back by WADO-RS with an identical data set", {
  skip: folder ? false : noRealData,
}, async () => {
  if (!folder) return;
  // Media directories are no storage objects; an object without study, series or instance UID is refused with a reason (tested at the archive).
  const files = realFiles(folder).filter(
    (f) => f.kind === "dicom" && f.path.includes(".dcm") && f.opens?.dcmdump && f.opens.pydicom,
  );
  const sent: Sent[] = [];
  let index = 0;
  for (const file of files) {
    const bytes = realBytes(folder, file);
    const target = path.join(scratch, `${index++}.dcm`);
    writeFileSync(target, bytes);
    const header = await readInstance({ path: target }).catch(() => null);
    if (!header) {
      assert.ok(!(file.studyInstanceUID && file.seriesInstanceUID && file.sopInstanceUID), `${file.path} was not read`);
      continue;
    }
    sent.push({
      path: target,
      sopClassUid: header.sopClassUid,
      sopInstanceUid: header.sopInstanceUid,
      studyInstanceUid: header.studyInstanceUid,
      seriesInstanceUid: header.seriesInstanceUid,
      transferSyntaxUid: header.transferSyntaxUid,
      sha256: createHash("sha256").update(bytes.subarray(header.dataSetOffset)).digest("hex"),
    });
  }
  assert.ok(sent.length > 700, `${sent.length} files sent`);
  for (let i = 0; i < sent.length; i += 60) {
    const batch = sent.slice(i, i + 60);
    const association = await openStoreAssociation({
      host: "127.0.0.1",
      port: stack.dimsePort,
      calledAeTitle: stack.edgeAet,
      callingAeTitle: "REAL_DATA",
      files: batch,
    });
    for (const file of batch)
      assert.equal(await association.store(file), 0, `${file.sopClassUid} ${file.transferSyntaxUid}`);
    await association.release();
  }

  // Several files share a SOP Instance UID with other bytes: one version is stored, the others are kept in quarantine.
  const versions = new Map<string, Sent[]>();
  for (const file of sent) versions.set(file.sopInstanceUid, [...(versions.get(file.sopInstanceUid) ?? []), file]);
  let identical = 0;
  for (const [sopInstanceUid, candidates] of versions) {
    const answered = await until(`WADO-RS of ${sopInstanceUid}`, async () => {
      for (const { studyInstanceUid, seriesInstanceUid } of candidates) {
        const response = await radiologist.fetch(
          `/dicomweb/lakeside/studies/${studyInstanceUid}/series/${seriesInstanceUid}/instances/${sopInstanceUid}`,
          { headers: { accept: "application/dicom; transfer-syntax=*" } },
        );
        if (response.status === 200) return Buffer.from(await response.arrayBuffer());
        await response.body?.cancel();
      }
      return null;
    });
    const sha256 = await sha256OfDataSet(answered);
    assert.ok(
      candidates.some((file) => file.sha256 === sha256),
      `data set of ${sopInstanceUid}`,
    );
    identical++;
  }
  assert.equal(identical, versions.size);
  assert.equal((await fetch(`${stack.baseUrl}/api/health/ready`)).status, 200);
});

const names: Record<string, string[]> = {
  "chrArab.dcm": ["قباني", "لنزار"],
  "chrFren.dcm": ["Buc", "Jérôme"],
  "chrFrenMulti.dcm": ["Buc", "Jérôme"],
  "chrGerm.dcm": ["Äneas", "Rüdiger"],
  "chrGreek.dcm": ["Διονυσιος"],
  "chrH31.dcm": ["Yamada", "Tarou", "山田", "太郎", "やまだ", "たろう"],
  "chrH32.dcm": ["ﾔﾏﾀﾞ", "ﾀﾛｳ", "山田", "太郎", "やまだ", "たろう"],
  "chrHbrw.dcm": ["שרון", "דבורה"],
  "chrI2.dcm": ["Hong", "Gildong", "洪", "吉洞", "홍", "길동"],
  "chrJapMulti.dcm": ["やまだ", "たろう"],
  "chrJapMultiExplicitIR6.dcm": ["やまだ", "たろう"],
  "chrKoreanMulti.dcm": ["김희중"],
  "chrRuss.dcm": ["Люкceмбypг"],
  "chrX1.dcm": ["Wang", "XiaoDong", "王", "小東"],
  "chrX2.dcm": ["Wang", "XiaoDong", "王", "小东"],
};

test("the names of all 17 character-set files are right on the worklist, in the report and in the PDF", {
  skip: folder ? false : noRealData,
}, async (t) => {
  if (!folder) return;
  type Item = {
    caseId: string;
    studyInstanceUid: string;
    patientName: string;
    patientNameGroups: Record<string, string | null>;
    state: string;
  };
  const cases = new Map<string, string>();
  for (const name of [...Object.keys(names), "chrSQEncoding.dcm", "chrSQEncoding1.dcm"]) {
    // Each as a study of its own: some of these files share UIDs and two have none.
    const target = path.join(scratch, name);
    copyFileSync(path.join(folder, "dicom/charset", name), target);
    const studyInstanceUid = newUid();
    const edits = Object.entries({
      "0020,000d": studyInstanceUid,
      "0020,000e": newUid(),
      "0008,0018": newUid(),
      ...(name.startsWith("chrSQ") ? { "0008,0016": "1.2.840.10008.5.1.4.1.1.4" } : {}),
    }).flatMap(([tag, value]) => ["-i", `(${tag})=${value}`]);
    assert.equal((await run("dcmodify", ["-nb", ...edits, target])).code, 0);
    await storescu(stack, [target], { syntax: "-x=" }).catch(() => storescu(stack, [target], { syntax: "-xe" }));
    cases.set(name, studyInstanceUid);
  }
  const listed = async (studyInstanceUid: string): Promise<Item> =>
    until(
      "the case",
      async () => {
        for (let cursor: string | undefined; ; ) {
          const page: { items: Item[]; nextCursor: string | null } = await radiologist.query("worklist.list", {
            limit: 100,
            cursor,
          });
          const found = page.items.find((item) => item.studyInstanceUid === studyInstanceUid);
          if (found) return found.state === "unread" ? found : null;
          if (!page.nextCursor) return null;
          cursor = page.nextCursor;
        }
      },
      { everyMs: 300 },
    );

  for (const [name, parts] of Object.entries(names))
    await t.test(name, async () => {
      const item = await listed(cases.get(name) ?? "");
      const groups = Object.values(item.patientNameGroups).join(" ");
      for (const part of parts) assert.ok(groups.includes(part), `worklist: ${groups}`);

      const opened = await radiologist.query<{ patient: unknown }>("study.open", { caseId: item.caseId });
      for (const part of parts) assert.ok(JSON.stringify(opened.patient).includes(part), "report page");

      const { claimToken } = await radiologist.mutate<{ claimToken: string }>("worklist.claim", {
        caseId: item.caseId,
      });
      const draft = await radiologist.query<{
        version: number;
        sections: { key: string; title: string; text: string }[];
      }>("report.get", { caseId: item.caseId });
      const sections = draft.sections.map((s) => (s.key === "impression" ? { ...s, text: "No acute finding." } : s));
      const saved = await radiologist.mutate<{ version: number }>("report.saveDraft", {
        caseId: item.caseId,
        claimToken,
        version: draft.version,
        sections,
      });
      await radiologist.mutate("report.sign", {
        caseId: item.caseId,
        claimToken,
        version: saved.version,
        password: stack.demoPassword,
      });
      type Report = { versions: { reportVersionId: string; documents: { pdf: string } }[] };
      const report = await until("the PDF", async () => {
        const r = await radiologist.query<Report>("report.get", { caseId: item.caseId });
        return r.versions[0]?.documents.pdf === "stored" ? r : null;
      });
      const pdf = path.join(scratch, `${name}.pdf`);
      writeFileSync(
        pdf,
        Buffer.from(
          await (await radiologist.fetch(`/api/reports/${report.versions[0]?.reportVersionId}/pdf`)).arrayBuffer(),
        ),
      );
      // Family names are printed in capitals; compared without regard to case.
      const plain = (value: string) => value.normalize("NFKC").toLowerCase();
      const text = plain((await run("pdftotext", [pdf, "-"])).stdout);
      for (const part of parts)
        assert.ok(text.includes(plain(part)) || text.includes([...plain(part)].reverse().join("")), `PDF: ${part}`);
      const fonts = (await run("pdffonts", [pdf])).stdout.split("\n").slice(2).filter(Boolean);
      for (const line of fonts) assert.match(line, /\byes\s+(yes|no)\s+(yes|no)\s+\d+\s+\d+$/, `embedded: ${line}`);
    });

  for (const name of ["chrSQEncoding.dcm", "chrSQEncoding1.dcm"])
    await t.test(`${name}: the name inside the sequence`, async () => {
      await listed(cases.get(name) ?? "");
      const metadata = await (await radiologist.fetch(`/dicomweb/lakeside/studies/${cases.get(name)}/metadata`)).text();
      for (const part of ["山田^太郎", "やまだ^たろう"]) assert.ok(metadata.includes(part), part);
    });
});
