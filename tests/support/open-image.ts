import { bulkRange, type DicomElement, type DicomJson } from "@overread/shared/dicom/dicom-json";
import { type DataSetHeader, readBytes, readDataSet } from "@overread/shared/dicom/part10";
import { describePixels } from "@overread/shared/dicom/pixels/describe";
import type { PixelDescription } from "@overread/shared/dicom/pixels/description";
import { swapped } from "@overread/shared/dicom/value";

/** An image in a file, opened as the archive would. */
export type OpenedImage = {
  header: DataSetHeader;
  frames: number;
  describe(n: number): PixelDescription;
  /** A frame's bytes as stored, little endian. */
  frame(n: number): Promise<Buffer>;
};

/**
 * @param syntax and @param dataSetOffset of the file; the data set alone counts, so that one without UIDs opens too.
 * @returns null when there are no pixels.
 */
export async function openImage(path: string, syntax: string, dataSetOffset: number): Promise<OpenedImage | null> {
  const header = await readDataSet({ path }, syntax, dataSetOffset);
  const { pixel } = header;
  if (!pixel) return null;
  const bulk = new Map<string, Buffer>();
  const collect = async (dataset: DicomJson): Promise<void> => {
    for (const element of Object.values<DicomElement>(dataset)) {
      const range = bulkRange(element);
      if (range)
        bulk.set(element.BulkDataURI as string, await readBytes({ path }, header, [range.offset, range.length]));
      if (element.vr === "SQ") for (const item of element.Value ?? []) await collect(item as DicomJson);
    }
  };
  await collect(header.dataset);
  const dataset = { ...header.dataset, [pixel.kind === "native" ? pixel.tag : "7FE00010"]: { vr: pixel.vr } };
  return {
    header,
    frames: pixel.kind === "native" ? pixel.frames : pixel.frames.length,
    describe: (n) =>
      describePixels(dataset, {
        frame: n,
        transferSyntaxUid: header.transferSyntaxUid,
        bulk: (uri) => bulk.get(uri),
      }),
    async frame(n) {
      if (pixel.kind === "encapsulated")
        return Buffer.concat(
          await Promise.all((pixel.frames[n - 1] ?? []).map((extent) => readBytes({ path }, header, extent))),
        );
      const start = Math.floor(((n - 1) * pixel.frameBits) / 8);
      const bytes = await readBytes({ path }, header, [pixel.offset + start, pixel.frameLength]);
      return pixel.bigEndian ? swapped(bytes, pixel.vr) : bytes;
    },
  };
}
