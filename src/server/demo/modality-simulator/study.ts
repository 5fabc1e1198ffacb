/** The studies a simulated modality can make. */
export const studyKinds = ["chest-ct", "head-ct", "brain-mr", "chest-xr", "us-cine", "mammogram"] as const;
export type StudyKind = (typeof studyKinds)[number];

type SimulatedPatient = {
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
  /** PN text. */
  referringPhysicianName?: string;
  institutionName?: string;
  /** Moment of the study; its date and time are written as UTC. */
  studyDate?: Date;
  /** `"STAT"`, `"HIGH"`, …: Requested Procedure Priority (0040,1003). Left out unless given. */
  priority?: string;
  /** CT and MR: slices of each series, up to 4095. US: frames. */
  slices?: number;
  /** Columns, and rows where the image is square. */
  matrix?: number;
  /** The earlier study of the same patient: slightly other findings, its own UIDs. */
  prior?: boolean;
  /** Defined terms of (0008,0005), several by backslash; `"ISO_IR 192"` unless given. */
  specificCharacterSet?: string;
  /** One of the native syntaxes or RLE Lossless; Explicit VR Little Endian unless given. */
  transferSyntaxUid?: string;
  /**
   * CT and MR for load tests: the anatomy is drawn for a few slices only and repeated in between; number, noise
   * and position differ as always.
   */
  quick?: boolean;
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
  /** Makes the files one after the other; pixels exist only while a file is made. Each call starts anew. */
  files(): Generator<SimulatedFile>;
};

/** The options with every default filled in. */
export type Plan = Required<Omit<StudyOptions, "priority" | "slices" | "matrix">> &
  Pick<StudyOptions, "priority" | "slices" | "matrix"> & { kind: StudyKind };
