import type { Tx } from "#server/context.ts";
import { furnishReader, furnishReaders, usualWorkUnits } from "#server/domain/readers/index.ts";

/** What a group might count common procedures for: figures of ours, in the proportions that published tables have. */
const procedures: Record<string, number> = {
  "XR-CHEST": 0.2,
  "XR-HAND": 0.17,
  "XR-KNEE": 0.17,
  "XR-HIP": 0.22,
  "XR-SPINE": 0.25,
  "US-ABDOMEN": 0.8,
  "US-VEINS": 0.7,
  "MG-SCREEN": 0.75,
  "CT-HEAD": 0.85,
  "CT-HEAD-ANGIO": 1.75,
  "CT-CHEST": 1.05,
  "CT-PULM-ANGIO": 1.8,
  "CT-ABDOMEN-PELVIS": 1.75,
  "CT-SPINE": 1,
  "MR-HEAD": 1.5,
  "MR-SPINE": 1.5,
  "MR-KNEE": 1.35,
  "MR-PROSTATE": 2.2,
  "PT-WHOLE-BODY": 2.4,
};
/** Read slower than it is paid, or faster. */
const effort: Record<string, number> = { "MG-SCREEN": 0.4, "CT-HEAD": 0.7, "MR-PROSTATE": 2.8 };

const everyDay = [1, 2, 3, 4, 5, 6, 7];
const window = (starts: string, ends: string) => ({
  weekdays: everyDay,
  starts,
  ends,
  timeZone: "Australia/Sydney",
  validFrom: null,
  validUntil: null,
  breaks: [],
});
/** Somebody is there at any hour at which the demo is looked at. */
const aroundTheClock = [window("00:00", "08:00"), window("08:00", "16:00"), window("16:00", "00:00")];
const anything = {
  languages: [],
  readTypes: ["preliminary" as const, "final" as const, "over-read" as const],
  capOpenCases: null,
  capShiftCases: null,
  capShiftWorkUnits: null,
  offRoster: false,
};
/** A day of the calendar, so many days from now. */
const inDays = (now: Date, days: number): string =>
  new Date(now.getTime() + days * 24 * 60 * 60_000).toISOString().slice(0, 10);

/** The demo's two radiologists: licensed and privileged everywhere, one licence of them ending soon. */
export async function furnishDemoReaders(
  tx: Tx,
  group: { orgId: string; neuro: string; body: string },
  facilities: { id: string; timeZone: string }[],
  now: Date,
  by: string,
): Promise<void> {
  const places = facilities.map(({ id, timeZone }) => ({ facilityId: id, timeZone, lastDay: inDays(now, 400) }));
  const licence = (jurisdiction: string, number: string, days: number) => ({
    jurisdiction,
    number,
    validFrom: inDays(now, days - 3 * 365),
    validUntil: inDays(now, days),
    document: `Credential file, page of ${jurisdiction}`,
  });
  await furnishReader(
    tx,
    {
      orgId: group.orgId,
      userId: group.neuro,
      profile: {
        ...anything,
        subspecialties: [
          { modalities: ["CT", "MR"], bodyRegions: ["head", "neck", "spine"], ageBands: [], procedures: [] },
        ],
      },
      licences: [licence("US-IL", "036-104417", 540), licence("GB", "7012345", 300)],
      facilities: places,
      shifts: aroundTheClock,
    },
    by,
  );
  await furnishReader(
    tx,
    {
      orgId: group.orgId,
      userId: group.body,
      profile: {
        ...anything,
        subspecialties: [
          { modalities: ["CT", "CR", "DX"], bodyRegions: ["chest", "abdomen", "pelvis"], ageBands: [], procedures: [] },
          { modalities: ["US"], bodyRegions: [], ageBands: ["child", "adolescent"], procedures: [] },
        ],
      },
      licences: [licence("US-IL", "036-118902", 610), licence("GB", "7098812", 45)],
      facilities: places,
      shifts: aroundTheClock,
    },
    by,
  );
  await furnishReaders(
    tx,
    group.orgId,
    {
      groups: [
        { name: "Neuroradiology", readerIds: [group.neuro] },
        { name: "Chest and abdomen", readerIds: [group.body] },
        { name: "Everybody", readerIds: [group.neuro, group.body] },
      ],
      workUnits: {
        ...usualWorkUnits,
        procedures: Object.entries(procedures).map(([code, workUnits]) => ({
          code,
          workUnits,
          effort: effort[code] ?? null,
        })),
      },
    },
    by,
  );
}
