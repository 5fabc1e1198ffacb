import { TS } from "@overread/shared/dicom/transfer-syntaxes";
import { makeStudy } from "./make-study.ts";
import type { SimulatedStudy, StudyKind, StudyOptions } from "./study.ts";

type DemoPatient = {
  kind: StudyKind;
  patient: NonNullable<StudyOptions["patient"]>;
  specificCharacterSet: string;
  /** Minutes before now, of the current study. */
  minutesAgo: number;
  /** Months before that, of the prior. */
  monthsBefore: number;
  slices?: number;
  priorSlices?: number;
  priority?: string;
  referringPhysicianName?: string;
  transferSyntaxUid?: string;
};

/** Invented people; names and character sets as their hospitals would send them. */
const patients: readonly DemoPatient[] = [
  {
    kind: "head-ct",
    patient: { name: "Παπαδοπούλου^Ελένη", id: "DEMO-1001", sex: "F", birthDate: "19480923" },
    specificCharacterSet: "ISO_IR 126",
    minutesAgo: 6,
    monthsBefore: 14,
    slices: 26,
    priorSlices: 20,
    priority: "STAT",
  },
  {
    kind: "chest-ct",
    patient: { name: "Lindström^Åsa^Märta", id: "DEMO-1002", sex: "F", birthDate: "19590214" },
    specificCharacterSet: "ISO_IR 100",
    minutesAgo: 38,
    monthsBefore: 7,
    slices: 40,
    priorSlices: 30,
    transferSyntaxUid: TS.implicitLittleEndian,
  },
  {
    kind: "brain-mr",
    patient: { name: "Yamada^Tarou=山田^太郎=やまだ^たろう", id: "DEMO-1003", sex: "M", birthDate: "19850707" },
    specificCharacterSet: "\\ISO 2022 IR 87",
    minutesAgo: 52,
    monthsBefore: 12,
    slices: 16,
    priorSlices: 12,
  },
  {
    kind: "chest-xr",
    patient: { name: "Соколова^Анна^Ивановна", id: "DEMO-1004", sex: "F", birthDate: "19720330" },
    specificCharacterSet: "ISO_IR 144",
    minutesAgo: 24,
    monthsBefore: 3,
  },
  {
    kind: "us-cine",
    patient: { name: "Hong^Gildong=洪^吉洞=홍^길동", id: "DEMO-1005", sex: "M", birthDate: "19660501" },
    specificCharacterSet: "\\ISO 2022 IR 149",
    minutesAgo: 75,
    monthsBefore: 11,
  },
  {
    kind: "mammogram",
    patient: { name: "לוי^נועה", id: "DEMO-1006", sex: "F", birthDate: "19700811" },
    specificCharacterSet: "ISO_IR 138",
    minutesAgo: 140,
    monthsBefore: 24,
  },
  {
    kind: "chest-ct",
    patient: { name: "Wang^Xiaodong=王^小东", id: "DEMO-1007", sex: "M", birthDate: "19540116" },
    specificCharacterSet: "GB18030",
    minutesAgo: 17,
    monthsBefore: 5,
    slices: 24,
    priorSlices: 16,
    priority: "HIGH",
  },
  {
    kind: "chest-xr",
    patient: { name: "قباني^ليلى", id: "DEMO-1008", sex: "F", birthDate: "19910605" },
    specificCharacterSet: "ISO_IR 127",
    minutesAgo: 95,
    monthsBefore: 18,
    referringPhysicianName: "Okafor^Chidi",
    transferSyntaxUid: TS.rleLossless,
  },
  {
    kind: "head-ct",
    patient: { name: "Nguyễn^Thị Minh", id: "DEMO-1009", sex: "F", birthDate: "19770919" },
    specificCharacterSet: "ISO_IR 192",
    minutesAgo: 180,
    monthsBefore: 30,
    slices: 18,
    priorSlices: 14,
  },
];

/**
 * The studies of an empty demo database: nine patients, each with a prior, about 260 instances.
 *
 * Priors come first, so that they are there when the current study arrives. One study is STAT; all but one are
 * referred by Almeida^Rosa.
 *
 * @param now the current studies are minutes to hours old at this moment.
 */
export function demoStudies(now: Date): SimulatedStudy[] {
  const priors: SimulatedStudy[] = [];
  const currents: SimulatedStudy[] = [];
  for (const [index, demo] of patients.entries()) {
    const { kind, minutesAgo, monthsBefore, slices, priorSlices, priority, ...rest } = demo;
    const studyDate = new Date(now.getTime() - minutesAgo * 60_000);
    const earlier = new Date(studyDate);
    earlier.setUTCMonth(earlier.getUTCMonth() - monthsBefore);
    const common: StudyOptions = { ...rest, seed: `demo ${index + 1}` };
    currents.push(
      makeStudy(kind, {
        ...common,
        studyDate,
        accessionNumber: `D${26000 + index}`,
        ...(slices ? { slices } : {}),
        ...(priority ? { priority } : {}),
      }),
    );
    priors.push(
      makeStudy(kind, {
        ...common,
        studyDate: earlier,
        prior: true,
        accessionNumber: `D${18000 + index}`,
        ...(priorSlices ? { slices: priorSlices } : {}),
      }),
    );
  }
  return [...priors, ...currents];
}
