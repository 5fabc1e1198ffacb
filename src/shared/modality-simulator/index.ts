/** The studies a simulated modality can make. */
export type StudyKind = "chest-ct" | "head-ct" | "brain-mr" | "chest-xr" | "us-cine" | "mammogram";

export type SimulatedPatient = {
  /** PN text, groups by `=`: `"Yamada^Tarou=山田^太郎=やまだ^たろう"`. */
  name: string;
  id: string;
  sex: "M" | "F" | "O";
  /** `YYYYMMDD` */
  birthDate: string;
};

export type StudyOptions = {
  /** Same seed and options, same study, down to the UIDs. */
  seed?: string;
  patient?: SimulatedPatient;
  accessionNumber?: string;
  referringPhysicianName?: string;
  institutionName?: string;
  /** Moment of the study; its date and time are written as UTC. */
  studyDate?: Date;
  /** `"STAT"`, `"HIGH"`, `"ROUTINE"`, …: Requested Procedure Priority (0040,1003). */
  priority?: string;
  /** CT and MR: slices of each series (CT 40 unless told, up to 600). US: frames (30). */
  slices?: number;
  /** Columns, and rows where the image is square. */
  matrix?: number;
  /** The earlier study of the same patient: slightly other findings. */
  prior?: boolean;
  specificCharacterSet?: string;
  transferSyntaxUid?: string;
};

export type SimulatedFile = {
  sopInstanceUid: string;
  sopClassUid: string;
  seriesInstanceUid: string;
  transferSyntaxUid: string;
  part10: Buffer;
};

export type SimulatedStudy = {
  kind: StudyKind;
  studyInstanceUid: string;
  patient: SimulatedPatient;
  accessionNumber: string;
  description: string;
  priority: string | null;
  isPrior: boolean;
  instanceCount: number;
  /** Makes the files one after the other; pixels exist only while a file is made. */
  files(): Generator<SimulatedFile>;
};

/** Makes a study. Deterministic by `seed`. */
export function makeStudy(_kind: StudyKind, _options: StudyOptions = {}): SimulatedStudy {
  throw new Error("not yet");
}

/** The studies of an empty demo database, priors before their current study. */
export function demoStudies(_now: Date): SimulatedStudy[] {
  throw new Error("not yet");
}

/** The slice number (1…) burned into the corner of a CT slice; null when none is found. */
export function readBurnedInNumber(_pixels: ArrayLike<number>, _columns: number): number | null {
  throw new Error("not yet");
}
