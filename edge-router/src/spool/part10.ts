import { implementationClassUid } from "@overread/shared/dicom/uids";

/**
 * Zero preamble, `DICM` and our group 0002, to stand before a data set that is kept as received.
 *
 * @see DICOM PS3.10 §7.1
 */
export function part10Head(meta: {
  sopClassUid: string;
  sopInstanceUid: string;
  transferSyntaxUid: string;
  sourceAeTitle: string;
}): Buffer {
  const elements = Buffer.concat([
    element(0x0001, "OB", Buffer.from([0, 1])),
    element(0x0002, "UI", uid(meta.sopClassUid)),
    element(0x0003, "UI", uid(meta.sopInstanceUid)),
    element(0x0010, "UI", uid(meta.transferSyntaxUid)),
    element(0x0012, "UI", uid(implementationClassUid)),
    element(0x0013, "SH", Buffer.from("OVERREAD_EDGE_1 ", "latin1")),
    element(0x0016, "AE", padded(meta.sourceAeTitle, " ")),
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(elements.length);
  return Buffer.concat([Buffer.alloc(128), Buffer.from("DICM"), element(0x0000, "UL", length), elements]);
}

const padded = (value: string, pad: string): Buffer =>
  Buffer.from(value.length % 2 === 1 ? value + pad : value, "latin1");
const uid = (value: string): Buffer => padded(value, "\0");

function element(number: number, vr: "OB" | "UI" | "SH" | "AE" | "UL", value: Buffer): Buffer {
  const header = Buffer.alloc(vr === "OB" ? 12 : 8);
  header.writeUInt16LE(0x0002, 0);
  header.writeUInt16LE(number, 2);
  header.write(vr, 4, "latin1");
  if (vr === "OB") header.writeUInt32LE(value.length, 8);
  else header.writeUInt16LE(value.length, 6);
  return Buffer.concat([header, value]);
}
