/** What an attribute is called at the desk, where its keyword (PS3.6) taken apart into words would tell nobody anything. */
const names: Record<string, string> = {
  PixelData: "pixels",
  FloatPixelData: "pixels",
  DoubleFloatPixelData: "pixels",
  AvailableTransferSyntaxUID: "compression of the pixels",
  TransferSyntaxUID: "compression of the pixels",
  SpecificCharacterSet: "character set",
  SOPInstanceUID: "identifier of the image",
  SOPClassUID: "kind of object",
  SeriesInstanceUID: "identifier of the series",
  StudyInstanceUID: "identifier of the study",
  FrameOfReferenceUID: "identifier of the coordinate system",
  ImagePositionPatient: "position of the image",
  ImageOrientationPatient: "orientation of the image",
  SmallestImagePixelValue: "smallest pixel value",
  LargestImagePixelValue: "largest pixel value",
  VOILUTSequence: "table for grey values",
  ModalityLUTSequence: "table for stored values",
  RescaleSlope: "scale of the pixel values",
  RescaleIntercept: "offset of the pixel values",
};

/** Names that are not read letter by letter. */
const short = new Set(["id", "uid", "ct", "mr", "kvp", "voi", "lut", "icc", "ae", "sop"]);

/** `PatientBirthDate` → `patient birth date`; a private or unknown tag → `private element (0029,1010)`. */
function nameOf(keywordOrTag: string): string {
  const known = names[keywordOrTag];
  if (known) return known;
  if (/^[0-9A-F]{8}$/i.test(keywordOrTag)) {
    const [group, element] = [keywordOrTag.slice(0, 4), keywordOrTag.slice(4)];
    const isPrivate = Number.parseInt(group, 16) % 2 === 1;
    return `${isPrivate ? "private" : "unknown"} element (${group},${element})`;
  }
  return keywordOrTag
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")
    .split(" ")
    .map((word) => (short.has(word.toLowerCase()) ? word.toUpperCase() : word.toLowerCase()))
    .join(" ");
}

const named = 6;

/**
 * In what two versions of an image differ, as a sentence for who decides between them.
 *
 * @param differs DICOM keywords, or tags of elements that have none; empty when the headers agree.
 */
export function describeDifference(differs: readonly string[]): string {
  const words = [...new Set(differs.map(nameOf))];
  if (words.length === 0) return "The headers say the same; the pixels or parts too large to compare here differ.";
  const shown = words.slice(0, named);
  const more = words.length - shown.length;
  if (more > 0) shown.push(`${more} further ${more === 1 ? "attribute" : "attributes"}`);
  const last = shown.pop();
  const subject = shown.length > 0 ? `${shown.join(", ")} and ${last}` : last;
  const many = words.length > 1 || subject === "pixels";
  return `The ${subject} ${many ? "differ" : "differs"}.`;
}
