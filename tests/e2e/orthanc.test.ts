import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { signIn } from "./support/portal.ts";
import { studyOnDisk } from "./support/scanner.ts";
import { freePort, type Stack, startStack, until } from "./support/stack.ts";

/** Orthanc as a hospital's PACS, with none of our code between it and the edge router: it sends by C-STORE and takes results back. */
let stack: Stack;
let orthanc: ChildProcess;
let rest: string;
let dicomPort: number;
const folder = mkdtempSync(path.join(os.tmpdir(), "overread-orthanc-"));

before(async () => {
  stack = await startStack();
  dicomPort = await freePort();
  const httpPort = await freePort();
  rest = `http://127.0.0.1:${httpPort}`;
  const settings = {
    Name: "Hospital PACS",
    StorageDirectory: path.join(folder, "storage"),
    IndexDirectory: path.join(folder, "storage"),
    HttpPort: httpPort,
    DicomPort: dicomPort,
    DicomAet: "LOCALPACS",
    DicomAlwaysAllowStore: true,
    RemoteAccessAllowed: false,
    AuthenticationEnabled: false,
    DicomModalities: { overread: [stack.edgeAet, "127.0.0.1", stack.dimsePort] },
  };
  const file = path.join(folder, "orthanc.json");
  writeFileSync(file, JSON.stringify(settings));
  orthanc = spawn("Orthanc", [file], { stdio: "ignore", env: { ...process.env, TCP_NODELAY: "1" } });
  await until("Orthanc answering", async () => (await fetch(`${rest}/system`)).ok);
  const admin = await signIn(stack.baseUrl, "admin@lakeside.example", stack.demoPassword);
  await admin.mutate("facility.update", {
    facilitySlug: "lakeside-main",
    localPacs: { aeTitle: "LOCALPACS", host: "127.0.0.1", port: dicomPort },
  });
});
after(async () => {
  orthanc?.kill("SIGKILL");
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test("a study sent from Orthanc is read, and Orthanc holds the PDF and the SR in the same study", async () => {
  const { study, files, remove } = studyOnDisk("chest-xr", { seed: "orthanc", matrix: 256 });
  for (const file of files) {
    const response = await fetch(`${rest}/instances`, { method: "POST", body: new Uint8Array(readFileSync(file)) });
    assert.equal(response.status, 200);
  }
  remove();
  const [studyId] = (await (await fetch(`${rest}/studies`)).json()) as string[];
  assert.equal((await fetch(`${rest}/modalities/overread/echo`, { method: "POST", body: "{}" })).status, 200);
  assert.equal((await fetch(`${rest}/modalities/overread/store`, { method: "POST", body: studyId ?? "" })).status, 200);

  const radiologist = await signIn(stack.baseUrl, "radiologist@nightshift.example", stack.demoPassword);
  const item = await until("the case", async () => {
    const { items } = await radiologist.query<{
      items: { caseId: string; studyInstanceUid: string; state: string }[];
    }>("worklist.list", {});
    return items.find((i) => i.studyInstanceUid === study.studyInstanceUid && i.state === "unread");
  });
  const { caseId } = item;
  const { claimToken } = await radiologist.mutate<{ claimToken: string }>("worklist.claim", { caseId });
  const draft = await radiologist.query<{ version: number; sections: { key: string; title: string; text: string }[] }>(
    "report.get",
    { caseId },
  );
  const sections = draft.sections.map((s) => (s.key === "impression" ? { ...s, text: "No acute finding." } : s));
  const { version } = await radiologist.mutate<{ version: number }>("report.saveDraft", {
    caseId,
    claimToken,
    version: draft.version,
    sections,
  });
  await radiologist.mutate("report.sign", { caseId, claimToken, version, password: stack.demoPassword });

  const modalities = await until(
    "the report in Orthanc",
    async () => {
      const series = (await (await fetch(`${rest}/studies/${studyId}/series`)).json()) as {
        MainDicomTags: { Modality: string };
        Instances: string[];
      }[];
      const reports = series.filter((s) => ["DOC", "SR"].includes(s.MainDicomTags.Modality));
      return reports.length === 2 ? reports.map((s) => `${s.MainDicomTags.Modality} ${s.Instances.length}`) : null;
    },
    { everyMs: 500 },
  );
  assert.deepEqual(modalities.toSorted(), ["DOC 1", "SR 1"]);
});
