import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import pg from "pg";
import { tinyInstance } from "../../factories/tiny-instance.ts";
import { type PortalClient, signIn } from "./portal.ts";
import { storescu, studyOnDisk } from "./scanner.ts";
import { type Stack, startStack, until } from "./stack.ts";

export const people = {
  reader: "radiologist@nightshift.example",
  admin: "admin@lakeside.example",
  referrer: "referrer@lakeside.example",
  lead: "lead@nightshift.example",
  operator: "operator@overread.example",
};

/**
 * A stack with something on every page: cases with names in other scripts, one of them STAT, one with refused images, one signed with an
 * addendum and an over-read that differs, an identity to decide about, an order apart from a study and one joined, a question to the site, an object set aside, an invitation that waits.
 */
export type BusyHouse = {
  stack: Stack;
  database: pg.Client;
  reader: PortalClient;
  /** By what is special about it. */
  cases: Record<"signed" | "refused" | "stat" | "korean", string>;
  signedStudyId: string;
  readerId: string;
  /** Its path. */
  invitation: string;
  close(): Promise<void>;
};

type Item = { caseId: string; studyId: string; studyInstanceUid: string; patientId: string; state: string };

export async function startBusyHouse(): Promise<BusyHouse> {
  const stack = await startStack();
  const folder = mkdtempSync(path.join(os.tmpdir(), "overread-house-"));
  const settings = JSON.parse(readFileSync(path.join(stack.dataDir, "settings.json"), "utf8"));
  const database = new pg.Client({ connectionString: settings.DATABASE_URL });
  const scans = (
    [
      ["signed", "Andersson-Lindqvist^Margareta Elisabeth"],
      ["refused", "Missing^Mia"],
      ["stat", "Urgent^Uma"],
    ] as const
  ).map(([id, name]) => ({
    id,
    disk: studyOnDisk("chest-ct", {
      seed: `house-${id}`,
      patient: { name, id: `HOUSE-${id}`, sex: "F", birthDate: "19610412" },
      slices: 10,
      matrix: 128,
      quick: true,
      referringPhysicianName: "Almeida^Rosa",
      ...(id === "stat" ? { priority: "STAT" as const } : {}),
    }),
  }));
  const close = async () => {
    await database.end().catch(() => {});
    await stack.stop();
    for (const { disk } of scans) disk.remove();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await database.connect();
    await storescu(
      stack,
      scans.flatMap(({ disk }) => disk.files),
    );
    const tiny = async (id: string, names: [string, string?], wish: Parameters<typeof tinyInstance>[0] = {}) => {
      const [Alphabetic, Ideographic] = names;
      const made = tinyInstance({
        ...wish,
        elements: {
          "00080005": { vr: "CS", Value: ["ISO_IR 192"] },
          "00100010": { vr: "PN", Value: [{ Alphabetic, ...(Ideographic ? { Ideographic } : {}) }] },
          "00100020": { vr: "LO", Value: [`HOUSE-${id}`] },
          ...wish.elements,
        },
      });
      const file = path.join(folder, `${made.instance}-${names[0].length}.dcm`);
      writeFileSync(file, made.part10);
      await storescu(stack, [file]);
      return made;
    };
    await tiny("korean", ["Hong^Gildong", "홍^길동"], { elements: { "00080050": { vr: "SH", Value: ["HOUSE-A"] } } });
    await tiny("arabic", ["قباني^لنزار"]);
    await tiny("doubt", ["Brook^Ash"], { elements: { "00080020": { vr: "DA", Value: ["20250310"] } } });
    await tiny("doubt", ["Rivers^Alder"], { elements: { "00100030": { vr: "DA", Value: ["19550101"] } } });
    const first = await tiny("twice", ["Twice^Tom"]);
    await tiny("twice", ["Twice^Tomas"], first);

    const reader = await signIn(stack.baseUrl, people.reader, stack.demoPassword);
    const items = await until(
      "every study on the list",
      async () => {
        const { items } = await reader.query<{ items: Item[] }>("worklist.list", {});
        return items.length >= 8 && items.every(({ state }) => state !== "arriving") ? items : null;
      },
      { deadlineMs: 60_000 },
    );
    const item = (id: string) => items.find(({ patientId }) => patientId === `HOUSE-${id}`) as Item;
    await database.query("UPDATE study SET refused_instances = 1 WHERE id = $1::uuid", [item("refused").studyId]);
    await database.query("UPDATE facility SET tech_check = true");
    await database.query(
      `INSERT INTO refused_object (org_id, edge_id, study_instance_uid, sop_instance_uid, reason, calling_ae_title, received_at)
       SELECT org_id, id, $1, '2.25.1', 'request.too-large', 'CT_SCANNER', now() FROM edge_router WHERE revoked_at IS NULL LIMIT 1`,
      [item("refused").studyInstanceUid],
    );
    const { caseId } = item("signed");
    const { claimToken } = await reader.mutate<{ claimToken: string }>("worklist.claim", { caseId });
    const { version } = await reader.mutate<{ version: number }>("report.saveDraft", {
      caseId,
      claimToken,
      version: 0,
      sections: [
        { key: "findings", title: "Findings", text: "Lungs clear.\nNo effusion." },
        { key: "impression", title: "Impression", text: "Normal chest CT." },
      ],
    });
    await reader.mutate("report.sign", { caseId, claimToken, version, password: stack.demoPassword });
    await reader.mutate("report.addendum", { caseId, text: "Told by telephone.", password: stack.demoPassword });
    await database.query(
      `INSERT INTO over_read (org_id, reader_org_id, case_id, preliminary_version_id, final_version_id, score, significant, comment, by_id)
       SELECT org_id, reader_org_id, case_id, id, id, 3, true, 'Pneumothorax on the left.', signed_by_id FROM report_version
       WHERE case_id = $1 AND kind = 'final'`,
      [caseId],
    );
    const admin = await signIn(stack.baseUrl, people.admin, stack.demoPassword);
    const made = await admin.mutate<{ invitation: { token: string } }>("user.create", {
      email: "petra.novak@lakeside.example",
      displayName: "Petra Novak",
      roles: ["technologist"],
    });
    const order = { facilitySlug: "lakeside-main", procedureDescription: "CT chest", modality: "CT" };
    await admin.mutate("order.create", {
      ...order,
      patientId: "HOUSE-korean",
      patientName: "Kim^Minsu",
      accessionNumber: "HOUSE-A",
      priority: "stat",
      priorityReason: "Suspected dissection",
      clinicalInformation: "Tearing pain between the shoulder blades.",
    });
    const uma = await reader.query<{ accessionNumber: string }>("worklist.get", { caseId: item("stat").caseId });
    await admin.mutate("order.create", {
      ...order,
      patientId: "HOUSE-stat",
      patientName: "Urgent^Uma",
      accessionNumber: uma.accessionNumber,
      clinicalInformation: "Cough for three weeks.",
    });
    await reader.mutate("worklist.ask", { caseId: item("stat").caseId, text: "Which side?", stopsClock: false });
    return {
      stack,
      database,
      reader,
      cases: {
        signed: caseId,
        refused: item("refused").caseId,
        stat: item("stat").caseId,
        korean: item("korean").caseId,
      },
      signedStudyId: item("signed").studyId,
      readerId: (await reader.query<{ userId: string }>("readers.own", undefined)).userId,
      invitation: `/invitation#${made.invitation.token}`,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
