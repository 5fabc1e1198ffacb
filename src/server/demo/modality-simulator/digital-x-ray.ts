import type { BuildValue } from "@overread/shared/dicom/build";
import { type ImagePlan, instanceFile } from "./instance.ts";
import type { Raster } from "./raster.ts";
import type { Plan, SimulatedFile } from "./study.ts";

/** What all digital X-ray images for presentation have alike (PS3.3 A.26 and A.27): DX Series, DX Image, DX Detector. */
const ofEveryDetector: ImagePlan["extra"] = {
  ImageType: ["DERIVED", "PRIMARY", ""],
  PresentationIntentType: "FOR PRESENTATION",
  DetectorType: "DIRECT",
  PixelIntensityRelationship: "LOG",
  PixelIntensityRelationshipSign: -1,
  RescaleIntercept: 0,
  RescaleSlope: 1,
  RescaleType: "US",
  PresentationLUTShape: "IDENTITY",
  LossyImageCompression: "00",
  BurnedInAnnotation: "NO",
  AcquisitionContextSequence: [],
};

/**
 * One view, a series of its own, in 12 bits.
 *
 * @param slope of the image's values by stored value; 1 where left out.
 * @param extra elements of the view, by keyword.
 */
export function digitalXRay(
  plan: Plan,
  image: Raster,
  {
    slope,
    extra,
    ...view
  }: Pick<ImagePlan, "sopClassUid" | "modality" | "seriesNumber" | "seriesDescription"> & {
    slope?: number;
    extra: { [keyword: string]: BuildValue };
  },
): SimulatedFile {
  const { columns, rows, pixelMm } = image;
  return instanceFile(plan, {
    ...view,
    instanceNumber: 1,
    rows,
    columns,
    bitsAllocated: 16,
    bitsStored: 12,
    pixels: image.toUint16(0, 4095, slope),
    extra: { ...ofEveryDetector, ImagerPixelSpacing: [pixelMm, pixelMm], ...extra },
  });
}
