import { isActivePdf } from "@overread/shared/active-pdf";
import { type Attributes, number, personName, text } from "@overread/shared/dicom/attributes";
import { Tag } from "@overread/shared/dicom/tags";
import { expectStudy } from "./ahead.ts";
import { bulkData, seriesMetadata } from "./archive.ts";
import { forgetFramesExcept, registerFrames } from "./cornerstone.ts";
import type { Frame } from "./frame.ts";
import { type OtherObject, seriesContent } from "./frames.ts";
import { geometryWarnings } from "./geometry.ts";
import type { SeriesForViewing, StudyForViewing } from "./types.ts";
import { ViewerError } from "./viewer-error.ts";
import type { Plane } from "./volume/plane.ts";
import type { VolumeShape } from "./volume/volume-shape.ts";

/** A series with its metadata loaded: everything but the pixels. */
export type LoadedSeries = {
  study: StudyForViewing;
  series: SeriesForViewing;
  modality: string;
  frames: Frame[];
  others: OtherObject[];
  /** The patient that the objects name; the page's banner shows the patient of the case. */
  patientName: string | null;
  patientId: string | null;
  warnings: string[];
  /** Its frames are planes through its volume; `base` is the series as it came. */
  reformat?: { base: LoadedSeries; shape: VolumeShape; plane: Plane };
};

const store = new Map<string, Promise<LoadedSeries>>();
/** What has come of it. */
const done = new Map<string, LoadedSeries>();

function keyOf(study: StudyForViewing, series: SeriesForViewing): string {
  return `${study.dicomwebRoot}|${study.studyInstanceUid}|${series.seriesInstanceUid}|${series.numberOfInstances}`;
}

/**
 * Loads a series once per page load, and again when it has more instances than before.
 *
 * @throws {ViewerError}
 */
export function loadSeries(study: StudyForViewing, series: SeriesForViewing): Promise<LoadedSeries> {
  const key = keyOf(study, series);
  const before = store.get(key);
  if (before) return before;
  const loading = readSeries(study, series);
  store.set(key, loading);
  loading.then(
    (loaded) => store.get(key) === loading && done.set(key, loaded),
    () => store.delete(key),
  );
  return loading;
}

/** A series whose metadata is here; null otherwise. */
export const loadedNow = (study: StudyForViewing, series: SeriesForViewing): LoadedSeries | null =>
  done.get(keyOf(study, series)) ?? null;

let onPage: readonly StudyForViewing[] = [];
/** Fetched before anybody has opened it. */
let ahead: StudyForViewing | null = null;
const isSame = (one: StudyForViewing, other: StudyForViewing) =>
  one.dicomwebRoot === other.dicomwebRoot && one.studyInstanceUid === other.studyInstanceUid;

/** So long what was shown stays for who comes back. Milliseconds. */
const stayMs = 10_000;
let leaving: ReturnType<typeof setTimeout> | undefined;

/** No viewer is on the page any more: what it showed is given back soon. */
export function leave(): void {
  clearTimeout(leaving);
  leaving = setTimeout(() => {
    onPage = [];
    drop();
  }, stayMs);
}

/** Drops series of studies that are no longer on the page, nor expected there next. */
export function keepOnly(studies: readonly StudyForViewing[]): void {
  clearTimeout(leaving);
  onPage = studies;
  if (ahead && studies.some((each) => isSame(each, ahead as StudyForViewing))) ahead = null;
  expectStudy(ahead);
  drop();
}

/** Keeps this study too, in place of the one that was expected before; null: none. @returns whether it is not on the page already. */
export function expectNext(study: StudyForViewing | null): boolean {
  ahead = study && !onPage.some((each) => isSame(each, study)) ? study : null;
  expectStudy(ahead);
  drop();
  return ahead !== null;
}

function drop(): void {
  const studies = ahead ? [...onPage, ahead] : onPage;
  const roots = studies.map((study) => `${study.dicomwebRoot}|${study.studyInstanceUid}|`);
  for (const kept of [store, done])
    for (const key of kept.keys()) if (!roots.some((root) => key.startsWith(root))) kept.delete(key);
  const addresses = studies.map((study) => `${study.dicomwebRoot}/studies/${study.studyInstanceUid}/`);
  forgetFramesExcept((_frame, imageId) => addresses.some((address) => imageId.includes(address)));
}

async function readSeries(study: StudyForViewing, series: SeriesForViewing): Promise<LoadedSeries> {
  const instances = await seriesMetadata(study.dicomwebRoot, study.studyInstanceUid, series.seriesInstanceUid);
  const base = `${window.location.origin}${study.dicomwebRoot}`;
  const { frames, others } = seriesContent(base, study.studyInstanceUid, instances);
  const first = frames[0]?.attributes;
  const modality = (first && text(first, Tag.Modality)) || series.modality || "OT";
  registerFrames(frames, modality, study.dicomwebRoot);
  return {
    study,
    series,
    modality,
    frames,
    others,
    patientName: first ? personName(first, Tag.PatientName) : null,
    patientId: first ? text(first, Tag.PatientID) : null,
    warnings: geometryWarnings(frames),
  };
}

/** A binary value, inline or bulk; null when absent. */
async function binary(dicomwebRoot: string, attributes: Attributes, tag: string): Promise<ArrayBuffer | null> {
  const element = attributes[tag];
  if (element?.InlineBinary) return Uint8Array.from(atob(element.InlineBinary), (c) => c.charCodeAt(0)).buffer;
  if (element?.BulkDataURI) return bulkData(dicomwebRoot, element.BulkDataURI);
  return null;
}

/**
 * The document inside an encapsulated PDF. The media type is fixed here; anything but a PDF is refused, and one with
 * active content is marked: for download only.
 *
 * @throws {ViewerError}
 */
export async function pdfOf(
  loaded: LoadedSeries,
  { attributes }: OtherObject,
): Promise<{ file: Blob; active: boolean }> {
  const bytes = await binary(loaded.study.dicomwebRoot, attributes, Tag.EncapsulatedDocument);
  const begin = bytes ? new TextDecoder("latin1").decode(bytes.slice(0, 1024)) : "";
  if (!bytes || !begin.includes("%PDF-")) throw new ViewerError("unreadable", "There is no PDF in this object.");
  // An odd length was padded with a zero; Encapsulated Document Length gives the end of the file.
  const length = number(attributes, Tag.EncapsulatedDocumentLength);
  const file = length ? bytes.slice(0, length) : bytes;
  const active = await isActivePdf(new Uint8Array(file));
  // A blob of another type is downloaded by every browser, also when its URL is opened directly.
  return { file: new Blob([file], { type: active ? "application/octet-stream" : "application/pdf" }), active };
}
