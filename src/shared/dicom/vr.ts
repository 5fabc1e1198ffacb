/** Properties of a value representation (PS3.5 §6.2), as far as reading and writing depend on them. */
type Vr = {
  /** The explicit form has two reserved bytes and a length of 32 bits instead of 16 (§7.1.2). */
  long?: true;
  /** Bytes of one binary value; the unit of byte swapping in big endian (§7.3). */
  unit?: 1 | 2 | 4 | 8;
  /** Opaque bytes: in DICOM JSON an InlineBinary (PS3.18 F.2.7). */
  opaque?: true;
  /** Text in the character set of (0008,0005) (§6.1.2.3). */
  localised?: true;
  /** One value, in which a backslash is an ordinary character. */
  single?: true;
};

const vrs: Readonly<Record<string, Vr>> = {
  AE: {},
  AS: {},
  AT: { unit: 2 },
  CS: {},
  DA: {},
  DS: {},
  DT: {},
  FD: { unit: 8 },
  FL: { unit: 4 },
  IS: {},
  LO: { localised: true },
  LT: { localised: true, single: true },
  OB: { long: true, unit: 1, opaque: true },
  OD: { long: true, unit: 8, opaque: true },
  OF: { long: true, unit: 4, opaque: true },
  OL: { long: true, unit: 4, opaque: true },
  OV: { long: true, unit: 8, opaque: true },
  OW: { long: true, unit: 2, opaque: true },
  PN: { localised: true },
  SH: { localised: true },
  SL: { unit: 4 },
  SQ: { long: true },
  SS: { unit: 2 },
  ST: { localised: true, single: true },
  SV: { long: true, unit: 8 },
  TM: {},
  UC: { long: true, localised: true },
  UI: {},
  UL: { unit: 4 },
  UN: { long: true, unit: 1, opaque: true },
  UR: { long: true, single: true },
  US: { unit: 2 },
  UT: { long: true, localised: true, single: true },
  UV: { long: true, unit: 8 },
};

// Sets, because they are looked up for every element.
const named = (which: (vr: Vr) => boolean): ReadonlySet<string> =>
  new Set(Object.keys(vrs).filter((name) => which(vrs[name] as Vr)));

/** VRs whose explicit form has a length of 32 bits. */
export const longVrs = named((vr) => vr.long === true);
/** VRs whose explicit form has a length of 16 bits. */
export const shortVrs = named((vr) => !vr.long);
export const localisedVrs = named((vr) => vr.localised === true);
export const singleTextVrs = named((vr) => vr.single === true);
export const opaqueVrs = named((vr) => vr.opaque === true);
/** Bytes of one binary value, by VR. */
export const unitBytes: Readonly<Record<string, number>> = Object.fromEntries(
  Object.entries(vrs).flatMap(([name, { unit }]) => (unit ? [[name, unit]] : [])),
);

/**
 * The registry's VR made concrete for one data set (PS3.5 Annex A).
 *
 * @param registered as in the dictionary: `xs` is US or SS by Pixel Representation, `ox` is OB or OW.
 * @param signed Pixel Representation of the data set, or of the enclosing one.
 */
export function concreteVr(registered: string, signed: boolean): string {
  if (registered === "xs") return signed ? "SS" : "US";
  return registered === "ox" ? "OW" : registered;
}
