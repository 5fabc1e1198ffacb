import { SOP } from "@overread/shared/dicom/sop-classes";
import { TS } from "@overread/shared/dicom/transfer-syntaxes";
import { newUid } from "@overread/shared/dicom/uids";
import { encodeDataSet, encodePart10, part10Head, type WritableDataSet } from "@overread/shared/dicom/write";

export type TinyWish = {
  study?: string;
  series?: string;
  instance?: string;
  sopClass?: string;
  transferSyntaxUid?: string;
  /** Further or other elements, by tag; undefined takes one out. */
  elements?: { [tag: string]: WritableDataSet[string] | undefined };
};
export type Tiny = { study: string; series: string; instance: string; part10: Buffer };

const one = (vr: string, value: string | number): WritableDataSet[string] => ({ vr, Value: [value] });

/** A 4 × 4 image of a few hundred bytes, for tests in which the picture does not matter. */
export function tinyInstance(wish: TinyWish = {}): Tiny {
  const { study = newUid(), series = newUid(), instance = newUid(), sopClass = SOP.ct } = wish;
  const dataset: WritableDataSet = {
    "00080016": one("UI", sopClass),
    "00080018": one("UI", instance),
    "00080020": one("DA", "20261120"),
    "00080030": one("TM", "101500"),
    "00080050": one("SH", "ACC1"),
    "00080060": one("CS", "CT"),
    "00081030": one("LO", "CT CHEST"),
    "00100010": { vr: "PN", Value: [{ Alphabetic: "Rivers^Alder" }] },
    "00100020": one("LO", "P-1"),
    "00100030": one("DA", "19690412"),
    "00100040": one("CS", "F"),
    "00180015": one("CS", "CHEST"),
    "0020000D": one("UI", study),
    "0020000E": one("UI", series),
    "00200011": one("IS", 1),
    "00200013": one("IS", 1),
    "00280002": one("US", 1),
    "00280004": one("CS", "MONOCHROME2"),
    "00280010": one("US", 4),
    "00280011": one("US", 4),
    "00280100": one("US", 16),
    "00280101": one("US", 16),
    "00280102": one("US", 15),
    "00280103": one("US", 0),
    "7FE00010": { vr: "OW", bytes: Uint8Array.from({ length: 32 }, (_, i) => i * 3) },
  };
  for (const [tag, element] of Object.entries(wish.elements ?? {})) {
    if (element) dataset[tag] = element;
    else delete dataset[tag];
  }
  const transferSyntaxUid = wish.transferSyntaxUid ?? TS.explicitLittleEndian;
  return { study, series, instance, part10: encodePart10({ dataset, transferSyntaxUid }) };
}

/** A DICOMDIR as every disc has it: only group 0002 says what it is (PS3.10 §8.6). */
export function mediaDirectory(): Buffer {
  const transferSyntaxUid = TS.explicitLittleEndian;
  const head = part10Head({ sopClassUid: SOP.mediaStorageDirectory, sopInstanceUid: newUid(), transferSyntaxUid });
  const dataset = { "00041130": one("CS", "DISC"), "00041200": one("UL", 0), "00041202": one("UL", 0) };
  return Buffer.concat([head, encodeDataSet({ ...dataset, "00041212": one("US", 0) }, transferSyntaxUid)]);
}
