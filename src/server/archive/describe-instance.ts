import { type ByteRange, type DicomJson, elementOf, mapBulkData, numberOf } from "@overread/shared/dicom/dicom-json";
import { Tag } from "@overread/shared/dicom/tags";
import { DomainError } from "@overread/shared/errors";
import { type InstanceRecord, instanceJson, rootPlaceholder, sortTags } from "#server/domain/imaging/index.ts";
import { frameIndexOf } from "#server/storage/frame-index.ts";
import type { StagedInstance } from "./staged-instance.ts";

/** Ten thousand frames with per-frame attributes stay below; a larger header is meant to fill the database. */
const metadataLimit = 64 << 20;

/** The index data of a received instance: rows, and text that is served later without opening the object. */
export function describeInstance(
  staged: StagedInstance,
  origin: Pick<InstanceRecord, "purpose" | "facilityId" | "source">,
): Omit<InstanceRecord, "objectKey" | "dataSetSha256"> {
  const { header, sopClassUid, sopInstanceUid, studyInstanceUid, seriesInstanceUid } = staged;
  const base = `${rootPlaceholder}/studies/${studyInstanceUid}/series/${seriesInstanceUid}/instances/${sopInstanceUid}/bulkdata/`;
  const bulk = new Map<string, ByteRange & { vr: string }>();
  const dataset = mapBulkData(header.dataset, (path, range) => {
    bulk.set(path, { ...range, vr: vrAt(header.dataset, path) });
    return base + path;
  });
  const served: DicomJson = {
    ...dataset,
    [Tag.AvailableTransferSyntaxUID]: { vr: "UI", Value: [header.transferSyntaxUid] },
  };
  const { pixel } = header;
  if (pixel) {
    const tag = pixel.kind === "native" ? pixel.tag : Tag.PixelData;
    served[tag] = { vr: pixel.vr, BulkDataURI: base + tag };
  }
  const metadata = JSON.stringify(sortTags(served));
  if (metadata.length > metadataLimit) throw new DomainError("request.too-large");
  const inflated = header.offsetsIn === "inflated";
  const frameIndex = frameIndexOf(pixel, bulk, staged.offsetBase, inflated, staged.frameDigests);
  return {
    ...origin,
    studyInstanceUid,
    seriesInstanceUid,
    sopInstanceUid,
    sopClassUid,
    transferSyntaxUid: header.transferSyntaxUid,
    sizeBytes: staged.sizeBytes,
    dataSetOffset: staged.dataSetOffset,
    numberOfFrames: framesOf(header.dataset, staged),
    frameIndex: frameIndex ? JSON.stringify(frameIndex) : null,
    metadata,
    qidoJson: instanceJson(header.dataset, header.transferSyntaxUid),
    dataset: header.dataset,
    textRepairedAs: repairsOf(staged),
  };
}

/** Character sets in which text was read in place of the declared one. */
export const repairsOf = ({ header }: StagedInstance): string => header.repairedAs.join(", ");

/** As declared; an out-of-range number is not stored. */
function framesOf(dataset: DicomJson, { header: { pixel } }: StagedInstance): number {
  const declared = numberOf(dataset, "NumberOfFrames") ?? 1;
  if (Number.isInteger(declared) && declared >= 1 && declared < 2 ** 31) return declared;
  return pixel?.kind === "native" ? Math.max(1, pixel.frames) : 1;
}

/** VR of the attribute at a bulk data path, items counted from 1. */
function vrAt(dataset: DicomJson, path: string): string {
  let here: DicomJson | undefined = dataset;
  const steps = path.split("/");
  for (let i = 0; i + 2 < steps.length; i += 2) {
    const items: unknown[] = (here && elementOf(here, steps[i] as string)?.Value) ?? [];
    here = items[Number(steps[i + 1]) - 1] as DicomJson | undefined;
  }
  return here?.[steps.at(-1) as string]?.vr ?? "UN";
}
