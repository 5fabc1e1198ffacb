import { DomainError } from "../errors.ts";

/** A UID that has passed {@link parseUid}: 1–64 characters, digits and dots only, safe in a path. */
export type DicomUid = string & { readonly __uid?: never };

/** What a transfer syntax says about the bytes of a data set (PS3.5 Annex A). */
export type TransferSyntax = {
  readonly name: string;
  /** Pixel Data is a sequence of fragments (PS3.5 A.4). */
  readonly encapsulated: boolean;
  readonly bigEndian: boolean;
  readonly implicit: boolean;
  /** The whole data set behind group 0002 is one raw deflate stream (PS3.5 A.5). */
  readonly deflated: boolean;
  /** Private: what the pixels of such an object mean is not said by the standard, so they are kept and never drawn. */
  readonly opaquePixels?: boolean;
};

/** Transfer Syntax UIDs by a name of our own (PS3.6 Annex A). */
export const TS = {
  implicitLittleEndian: "1.2.840.10008.1.2",
  explicitLittleEndian: "1.2.840.10008.1.2.1",
  deflatedExplicitLittleEndian: "1.2.840.10008.1.2.1.99",
  explicitBigEndian: "1.2.840.10008.1.2.2",
  encapsulatedUncompressed: "1.2.840.10008.1.2.1.98",
  jpegBaseline: "1.2.840.10008.1.2.4.50",
  jpegExtended: "1.2.840.10008.1.2.4.51",
  jpegSpectralSelection: "1.2.840.10008.1.2.4.53",
  jpegProgressive: "1.2.840.10008.1.2.4.55",
  jpegLossless: "1.2.840.10008.1.2.4.57",
  jpegLosslessSv1: "1.2.840.10008.1.2.4.70",
  jpegLsLossless: "1.2.840.10008.1.2.4.80",
  jpegLsNearLossless: "1.2.840.10008.1.2.4.81",
  jpeg2000Lossless: "1.2.840.10008.1.2.4.90",
  jpeg2000: "1.2.840.10008.1.2.4.91",
  jpeg2000MultiComponentLossless: "1.2.840.10008.1.2.4.92",
  jpeg2000MultiComponent: "1.2.840.10008.1.2.4.93",
  jpipReferenced: "1.2.840.10008.1.2.4.94",
  jpipReferencedDeflate: "1.2.840.10008.1.2.4.95",
  mpeg2MainMl: "1.2.840.10008.1.2.4.100",
  mpeg2MainHl: "1.2.840.10008.1.2.4.101",
  mpeg4High41: "1.2.840.10008.1.2.4.102",
  mpeg4BdHigh41: "1.2.840.10008.1.2.4.103",
  mpeg4High42For2d: "1.2.840.10008.1.2.4.104",
  mpeg4High42For3d: "1.2.840.10008.1.2.4.105",
  mpeg4StereoHigh42: "1.2.840.10008.1.2.4.106",
  hevcMain51: "1.2.840.10008.1.2.4.107",
  hevcMain10_51: "1.2.840.10008.1.2.4.108",
  jpegXlLossless: "1.2.840.10008.1.2.4.110",
  jpegXlRecompression: "1.2.840.10008.1.2.4.111",
  jpegXl: "1.2.840.10008.1.2.4.112",
  htj2kLossless: "1.2.840.10008.1.2.4.201",
  htj2kLosslessRpcl: "1.2.840.10008.1.2.4.202",
  htj2k: "1.2.840.10008.1.2.4.203",
  jpipHtj2kReferenced: "1.2.840.10008.1.2.4.204",
  jpipHtj2kReferencedDeflate: "1.2.840.10008.1.2.4.205",
  rleLossless: "1.2.840.10008.1.2.5",
  deflatedImageFrame: "1.2.840.10008.1.2.8.1",
  /** Of GE: implicit little endian, but for pixel data, which is big endian. */
  gePrivate: "1.2.840.113619.5.2",
  /** Of Papyrus 3, retired. */
  papyrus: "1.2.840.10008.1.20",
} as const;

const flat = (name: string, flags: Partial<TransferSyntax> = {}): TransferSyntax => ({
  name,
  encapsulated: false,
  bigEndian: false,
  implicit: false,
  deflated: false,
  ...flags,
});
const packed = (name: string): TransferSyntax => flat(name, { encapsulated: true });

/** Every transfer syntax we know, by UID. One that is missing here can still be stored, but not read. */
export const transferSyntaxes: Readonly<Record<string, TransferSyntax>> = {
  [TS.implicitLittleEndian]: flat("Implicit VR Little Endian", { implicit: true }),
  [TS.explicitLittleEndian]: flat("Explicit VR Little Endian"),
  [TS.deflatedExplicitLittleEndian]: flat("Deflated Explicit VR Little Endian", { deflated: true }),
  [TS.explicitBigEndian]: flat("Explicit VR Big Endian", { bigEndian: true }),
  [TS.encapsulatedUncompressed]: packed("Encapsulated Uncompressed Explicit VR Little Endian"),
  [TS.jpegBaseline]: packed("JPEG Baseline (Process 1)"),
  [TS.jpegExtended]: packed("JPEG Extended (Process 2 & 4)"),
  [TS.jpegSpectralSelection]: packed("JPEG Spectral Selection, Non-Hierarchical (Process 6 & 8)"),
  [TS.jpegProgressive]: packed("JPEG Full Progression, Non-Hierarchical (Process 10 & 12)"),
  [TS.jpegLossless]: packed("JPEG Lossless (Process 14)"),
  [TS.jpegLosslessSv1]: packed("JPEG Lossless (Process 14, Selection Value 1)"),
  [TS.jpegLsLossless]: packed("JPEG-LS Lossless"),
  [TS.jpegLsNearLossless]: packed("JPEG-LS Near-Lossless"),
  [TS.jpeg2000Lossless]: packed("JPEG 2000 Lossless"),
  [TS.jpeg2000]: packed("JPEG 2000"),
  [TS.jpeg2000MultiComponentLossless]: packed("JPEG 2000 Part 2 Multi-component Lossless"),
  [TS.jpeg2000MultiComponent]: packed("JPEG 2000 Part 2 Multi-component"),
  [TS.jpipReferenced]: flat("JPIP Referenced"),
  [TS.jpipReferencedDeflate]: flat("JPIP Referenced Deflate", { deflated: true }),
  [TS.mpeg2MainMl]: packed("MPEG2 Main Profile / Main Level"),
  [TS.mpeg2MainHl]: packed("MPEG2 Main Profile / High Level"),
  [TS.mpeg4High41]: packed("MPEG-4 AVC/H.264 High Profile / Level 4.1"),
  [TS.mpeg4BdHigh41]: packed("MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1"),
  [TS.mpeg4High42For2d]: packed("MPEG-4 AVC/H.264 High Profile / Level 4.2 For 2D Video"),
  [TS.mpeg4High42For3d]: packed("MPEG-4 AVC/H.264 High Profile / Level 4.2 For 3D Video"),
  [TS.mpeg4StereoHigh42]: packed("MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2"),
  [TS.hevcMain51]: packed("HEVC/H.265 Main Profile / Level 5.1"),
  [TS.hevcMain10_51]: packed("HEVC/H.265 Main 10 Profile / Level 5.1"),
  [TS.jpegXlLossless]: packed("JPEG XL Lossless"),
  [TS.jpegXlRecompression]: packed("JPEG XL JPEG Recompression"),
  [TS.jpegXl]: packed("JPEG XL"),
  [TS.htj2kLossless]: packed("High-Throughput JPEG 2000 Lossless"),
  [TS.htj2kLosslessRpcl]: packed("High-Throughput JPEG 2000 with RPCL Options Lossless"),
  [TS.htj2k]: packed("High-Throughput JPEG 2000"),
  [TS.jpipHtj2kReferenced]: flat("JPIP HTJ2K Referenced"),
  [TS.jpipHtj2kReferencedDeflate]: flat("JPIP HTJ2K Referenced Deflate", { deflated: true }),
  [TS.rleLossless]: packed("RLE Lossless"),
  [TS.deflatedImageFrame]: packed("Deflated Image Frame Compression"),
  [TS.gePrivate]: flat("GE Private Implicit VR Little Endian, Big Endian Pixels", {
    implicit: true,
    opaquePixels: true,
  }),
  [TS.papyrus]: flat("Papyrus 3 Implicit VR Little Endian", { implicit: true, opaquePixels: true }),
};

/** Whether native samples stand big endian, which a private syntax may say of them alone. */
export const pixelsAreBigEndian = (transferSyntaxUid: string): boolean =>
  transferSyntaxUid === TS.explicitBigEndian || transferSyntaxUid === TS.gePrivate;

/** SOP Class UIDs by a name of our own (PS3.4 B.5, PS3.6 Annex A). */
export const SOP = {
  verification: "1.2.840.10008.1.1",
  mediaStorageDirectory: "1.2.840.10008.1.3.10",
  storageCommitmentPush: "1.2.840.10008.1.20.1",
  cr: "1.2.840.10008.5.1.4.1.1.1",
  dxForPresentation: "1.2.840.10008.5.1.4.1.1.1.1",
  dxForProcessing: "1.2.840.10008.5.1.4.1.1.1.1.1",
  mgForPresentation: "1.2.840.10008.5.1.4.1.1.1.2",
  mgForProcessing: "1.2.840.10008.5.1.4.1.1.1.2.1",
  ct: "1.2.840.10008.5.1.4.1.1.2",
  enhancedCt: "1.2.840.10008.5.1.4.1.1.2.1",
  usMultiFrame: "1.2.840.10008.5.1.4.1.1.3.1",
  usMultiFrameRetired: "1.2.840.10008.5.1.4.1.1.3",
  mr: "1.2.840.10008.5.1.4.1.1.4",
  enhancedMr: "1.2.840.10008.5.1.4.1.1.4.1",
  us: "1.2.840.10008.5.1.4.1.1.6.1",
  secondaryCapture: "1.2.840.10008.5.1.4.1.1.7",
  ecg12Lead: "1.2.840.10008.5.1.4.1.1.9.1.1",
  grayscalePresentationState: "1.2.840.10008.5.1.4.1.1.11.1",
  xa: "1.2.840.10008.5.1.4.1.1.12.1",
  rf: "1.2.840.10008.5.1.4.1.1.12.2",
  nm: "1.2.840.10008.5.1.4.1.1.20",
  parametricMap: "1.2.840.10008.5.1.4.1.1.30",
  segmentation: "1.2.840.10008.5.1.4.1.1.66.4",
  realWorldValueMapping: "1.2.840.10008.5.1.4.1.1.67",
  basicTextSr: "1.2.840.10008.5.1.4.1.1.88.11",
  enhancedSr: "1.2.840.10008.5.1.4.1.1.88.22",
  comprehensiveSr: "1.2.840.10008.5.1.4.1.1.88.33",
  comprehensive3dSr: "1.2.840.10008.5.1.4.1.1.88.34",
  keyObjectSelection: "1.2.840.10008.5.1.4.1.1.88.59",
  encapsulatedPdf: "1.2.840.10008.5.1.4.1.1.104.1",
  pet: "1.2.840.10008.5.1.4.1.1.128",
  rtDose: "1.2.840.10008.5.1.4.1.1.481.2",
  rtStructureSet: "1.2.840.10008.5.1.4.1.1.481.3",
  rtPlan: "1.2.840.10008.5.1.4.1.1.481.5",
} as const;

/** Ours, fixed for ever: names the software that wrote group 0002 (PS3.7 D.3.3.2). */
export const implementationClassUid = "2.25.130738127945731524934128455141485076832";
/** At most 16 characters (PS3.7 D.3.3.2). */
export const implementationVersionName = "OVERREAD_1";

/**
 * Reads a UI value from the wire or from a URL.
 *
 * Leading zeros in a component are illegal, yet modalities send them; they are kept, so that
 * the study can still be asked for by the UID it came with.
 *
 * @param value UI text; trailing padding (NUL, or the space that some writers put) is dropped.
 * @returns the UID: 1–64 characters, digits and dots only, so it is safe in a path.
 * @throws {DomainError} `dicom.invalid-uid`, without the value.
 * @see DICOM PS3.5 §9.1 (encoding), §6.2 (UI padding)
 */
export function parseUid(value: string): DicomUid {
  const uid = value.replace(/[\0 ]$/, "");
  if (!isUid(uid)) throw new DomainError("dicom.invalid-uid");
  return uid;
}

/** True for 1–64 characters of digits and single dots between them (PS3.5 §9.1; leading zeros tolerated). */
export function isUid(value: unknown): value is DicomUid {
  return typeof value === "string" && value.length <= 64 && /^\d+(\.\d+)*$/.test(value) && !value.endsWith("\n");
}

/**
 * The UID that stands for a UUID (PS3.5 §B.2).
 * @param uuid 32 hex digits, with or without hyphens.
 */
export function uidFromUuid(uuid: string): DicomUid {
  const hex = uuid.replaceAll("-", "");
  if (!/^[0-9a-f]{32}$/i.test(hex)) throw new DomainError("dicom.invalid-uid");
  return `2.25.${BigInt(`0x${hex}`)}`;
}

/** A new random UID (PS3.5 §B.2). Works in the browser also where `crypto.randomUUID` is withheld. */
export function newUid(): DicomUid {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return uidFromUuid(uuidHex(bytes, 4));
}

/** Marks 16 bytes as a UUID of the given version (RFC 9562 §4) and writes them as hex digits. */
export function uuidHex(bytes: Uint8Array, version: number): string {
  let hex = "";
  for (let i = 0; i < 16; i++) {
    let byte = bytes[i] ?? 0;
    if (i === 6) byte = (byte & 0x0f) | (version << 4);
    if (i === 8) byte = (byte & 0x3f) | 0x80;
    hex += byte.toString(16).padStart(2, "0");
  }
  return hex;
}
