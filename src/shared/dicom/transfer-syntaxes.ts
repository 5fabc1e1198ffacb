/** How pixels are compressed (PS3.5 §8.2). `jpip`: they are not in the object, but at a URL in it. */
export type PixelCodec =
  | "jpeg"
  | "jpeg-lossless"
  | "jpeg-ls"
  | "jpeg-2000"
  | "jpeg-2000-part-2"
  | "htj2k"
  | "jpeg-xl"
  | "rle"
  | "deflate"
  | "video"
  | "jpip";

/** What a transfer syntax says about the bytes of a data set (PS3.5 Annex A). */
export type TransferSyntax = {
  readonly uid: string;
  /** As the registry calls it (PS3.6 Annex A). */
  readonly name: string;
  /** Pixel Data is a sequence of fragments (PS3.5 A.4). */
  readonly encapsulated: boolean;
  readonly bigEndian: boolean;
  readonly implicit: boolean;
  /** The whole data set behind group 0002 is one raw deflate stream (PS3.5 A.5). */
  readonly deflated: boolean;
  /** Null: pixels stand as they are. */
  readonly codec: PixelCodec | null;
  /** Possibly lossy. Whether pixels were lost is stated in the image, if at all. */
  readonly lossy: boolean;
  /** Of one frame in an answer (PS3.18 Tables 8.7.3-4 and 8.7.3-5); null where the standard names none. */
  readonly mediaType: string | null;
  /** No longer in the standard, and still in archives. */
  readonly retired: boolean;
  /** Private: the meaning of its pixels is not standardised, so such objects are stored and never rendered. */
  readonly opaquePixels: boolean;
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
  mpeg2MainMlFragmentable: "1.2.840.10008.1.2.4.100.1",
  mpeg2MainHl: "1.2.840.10008.1.2.4.101",
  mpeg2MainHlFragmentable: "1.2.840.10008.1.2.4.101.1",
  mpeg4High41: "1.2.840.10008.1.2.4.102",
  mpeg4High41Fragmentable: "1.2.840.10008.1.2.4.102.1",
  mpeg4BdHigh41: "1.2.840.10008.1.2.4.103",
  mpeg4BdHigh41Fragmentable: "1.2.840.10008.1.2.4.103.1",
  mpeg4High42For2d: "1.2.840.10008.1.2.4.104",
  mpeg4High42For2dFragmentable: "1.2.840.10008.1.2.4.104.1",
  mpeg4High42For3d: "1.2.840.10008.1.2.4.105",
  mpeg4High42For3dFragmentable: "1.2.840.10008.1.2.4.105.1",
  mpeg4StereoHigh42: "1.2.840.10008.1.2.4.106",
  mpeg4StereoHigh42Fragmentable: "1.2.840.10008.1.2.4.106.1",
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

type Row = Omit<TransferSyntax, "uid">;

const native = (name: string, said: Partial<Row> = {}): Row => ({
  name,
  encapsulated: false,
  bigEndian: false,
  implicit: false,
  deflated: false,
  codec: null,
  lossy: false,
  mediaType: null,
  retired: false,
  opaquePixels: false,
  ...said,
});
const compressed = (name: string, codec: PixelCodec, mediaType: string | null, said: Partial<Row> = {}): Row =>
  native(name, { encapsulated: true, codec, mediaType, ...said });
const mpeg2 = (name: string): Row => compressed(name, "video", "video/mpeg", { lossy: true });
const mpeg4 = (name: string): Row => compressed(name, "video", "video/mp4", { lossy: true });
const lossy = { lossy: true };
const retired = { retired: true };

const rows: Readonly<Record<keyof typeof TS, Row>> = {
  implicitLittleEndian: native("Implicit VR Little Endian", { implicit: true }),
  explicitLittleEndian: native("Explicit VR Little Endian"),
  deflatedExplicitLittleEndian: native("Deflated Explicit VR Little Endian", { deflated: true }),
  explicitBigEndian: native("Explicit VR Big Endian", { bigEndian: true, ...retired }),
  encapsulatedUncompressed: native("Encapsulated Uncompressed Explicit VR Little Endian", { encapsulated: true }),
  jpegBaseline: compressed("JPEG Baseline (Process 1)", "jpeg", "image/jpeg", lossy),
  jpegExtended: compressed("JPEG Extended (Process 2 & 4)", "jpeg", "image/jpeg", lossy),
  jpegSpectralSelection: compressed("JPEG Spectral Selection, Non-Hierarchical (Process 6 & 8)", "jpeg", null, {
    ...lossy,
    ...retired,
  }),
  jpegProgressive: compressed("JPEG Full Progression, Non-Hierarchical (Process 10 & 12)", "jpeg", null, {
    ...lossy,
    ...retired,
  }),
  jpegLossless: compressed("JPEG Lossless (Process 14)", "jpeg-lossless", "image/jpeg"),
  jpegLosslessSv1: compressed("JPEG Lossless (Process 14, Selection Value 1)", "jpeg-lossless", "image/jpeg"),
  jpegLsLossless: compressed("JPEG-LS Lossless", "jpeg-ls", "image/jls"),
  jpegLsNearLossless: compressed("JPEG-LS Near-Lossless", "jpeg-ls", "image/jls", lossy),
  jpeg2000Lossless: compressed("JPEG 2000 Lossless", "jpeg-2000", "image/jp2"),
  jpeg2000: compressed("JPEG 2000", "jpeg-2000", "image/jp2", lossy),
  jpeg2000MultiComponentLossless: compressed(
    "JPEG 2000 Part 2 Multi-component Lossless",
    "jpeg-2000-part-2",
    "image/jpx",
  ),
  jpeg2000MultiComponent: compressed("JPEG 2000 Part 2 Multi-component", "jpeg-2000-part-2", "image/jpx", lossy),
  jpipReferenced: native("JPIP Referenced", { codec: "jpip" }),
  jpipReferencedDeflate: native("JPIP Referenced Deflate", { codec: "jpip", deflated: true }),
  mpeg2MainMl: mpeg2("MPEG2 Main Profile / Main Level"),
  mpeg2MainMlFragmentable: mpeg2("Fragmentable MPEG2 Main Profile / Main Level"),
  mpeg2MainHl: mpeg2("MPEG2 Main Profile / High Level"),
  mpeg2MainHlFragmentable: mpeg2("Fragmentable MPEG2 Main Profile / High Level"),
  mpeg4High41: mpeg4("MPEG-4 AVC/H.264 High Profile / Level 4.1"),
  mpeg4High41Fragmentable: mpeg4("Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.1"),
  mpeg4BdHigh41: mpeg4("MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1"),
  mpeg4BdHigh41Fragmentable: mpeg4("Fragmentable MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1"),
  mpeg4High42For2d: mpeg4("MPEG-4 AVC/H.264 High Profile / Level 4.2 For 2D Video"),
  mpeg4High42For2dFragmentable: mpeg4("Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 For 2D Video"),
  mpeg4High42For3d: mpeg4("MPEG-4 AVC/H.264 High Profile / Level 4.2 For 3D Video"),
  mpeg4High42For3dFragmentable: mpeg4("Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 For 3D Video"),
  mpeg4StereoHigh42: mpeg4("MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2"),
  mpeg4StereoHigh42Fragmentable: mpeg4("Fragmentable MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2"),
  hevcMain51: mpeg4("HEVC/H.265 Main Profile / Level 5.1"),
  hevcMain10_51: mpeg4("HEVC/H.265 Main 10 Profile / Level 5.1"),
  jpegXlLossless: compressed("JPEG XL Lossless", "jpeg-xl", "image/jxl"),
  jpegXlRecompression: compressed("JPEG XL JPEG Recompression", "jpeg-xl", "image/jxl", lossy),
  jpegXl: compressed("JPEG XL", "jpeg-xl", "image/jxl", lossy),
  htj2kLossless: compressed("High-Throughput JPEG 2000 Lossless", "htj2k", "image/jphc"),
  htj2kLosslessRpcl: compressed("High-Throughput JPEG 2000 with RPCL Options Lossless", "htj2k", "image/jphc"),
  htj2k: compressed("High-Throughput JPEG 2000", "htj2k", "image/jphc", lossy),
  jpipHtj2kReferenced: native("JPIP HTJ2K Referenced", { codec: "jpip" }),
  jpipHtj2kReferencedDeflate: native("JPIP HTJ2K Referenced Deflate", { codec: "jpip", deflated: true }),
  rleLossless: compressed("RLE Lossless", "rle", "image/dicom-rle"),
  deflatedImageFrame: compressed("Deflated Image Frame Compression", "deflate", null),
  gePrivate: native("GE Private Implicit VR Little Endian, Big Endian Pixels", { implicit: true, opaquePixels: true }),
  papyrus: native("Papyrus 3 Implicit VR Little Endian", { implicit: true, opaquePixels: true, ...retired }),
};

/** Every known transfer syntax, by UID. An unknown one can still be stored, but not read. */
export const transferSyntaxes: Readonly<Record<string, TransferSyntax>> = Object.fromEntries(
  Object.entries(rows).map(([key, row]) => {
    const uid = TS[key as keyof typeof TS];
    return [uid, { uid, ...row }];
  }),
);

/** Whether native samples are big endian, which some private syntaxes use for pixels only. */
export const pixelsAreBigEndian = (transferSyntaxUid: string): boolean =>
  transferSyntaxUid === TS.explicitBigEndian || transferSyntaxUid === TS.gePrivate;

/** All frames are one stream, from which no single frame can be extracted. */
export const isVideo = (transferSyntaxUid: string): boolean => transferSyntaxes[transferSyntaxUid]?.codec === "video";
