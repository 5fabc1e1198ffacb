import { ProtocolError } from "./pdu.ts";

/** Elements of group 0000 that we read or write (PS3.7 §E.1), by element number. */
export const field = {
  affectedSopClassUid: 0x0002,
  requestedSopClassUid: 0x0003,
  commandField: 0x0100,
  messageId: 0x0110,
  messageIdBeingRespondedTo: 0x0120,
  priority: 0x0700,
  commandDataSetType: 0x0800,
  status: 0x0900,
  errorComment: 0x0902,
  affectedSopInstanceUid: 0x1000,
  requestedSopInstanceUid: 0x1001,
} as const;
export const commandField = { cStore: 0x0001, cEcho: 0x0030, cCancel: 0x0fff, response: 0x8000 } as const;
/** Value of CommandDataSetType that says: no data set follows. */
export const noDataSet = 0x0101;
/** Any other value says that one does. */
export const someDataSet = 0x0001;

export type CommandElement =
  | [element: number, vr: "UI" | "LO" | "AE", value: string]
  | [element: number, vr: "US", value: number];

/** A command set in implicit VR little endian, group length included (PS3.7 §6.3.1). */
export function encodeCommand(elements: CommandElement[]): Buffer {
  const parts: Buffer[] = [Buffer.alloc(12)];
  for (const [element, vr, value] of elements.toSorted(([a], [b]) => a - b)) {
    const header = Buffer.alloc(8);
    const bytes = vr === "US" ? Buffer.from([value & 0xff, value >> 8]) : evenText(value, vr === "UI" ? "\0" : " ");
    header.writeUInt16LE(element, 2);
    header.writeUInt32LE(bytes.length, 4);
    parts.push(header, bytes);
  }
  const command = Buffer.concat(parts);
  command.writeUInt32LE(4, 4);
  command.writeUInt32LE(command.length - 12, 8);
  return command;
}
const evenText = (value: string, pad: string): Buffer =>
  Buffer.from(value.length % 2 === 1 ? value + pad : value, "latin1");

/** A decoded command set. Unknown elements are kept as bytes and never interpreted. */
export class Command {
  readonly #values = new Map<number, Buffer>();

  /** @throws {ProtocolError} when it is not an implicit little endian group 0000, or misses what every command has. */
  constructor(bytes: Buffer) {
    let at = 0;
    while (at < bytes.length) {
      if (at + 8 > bytes.length || bytes.readUInt16LE(at) !== 0) throw new ProtocolError("not a command set");
      const end = at + 8 + bytes.readUInt32LE(at + 4);
      if (end > bytes.length) throw new ProtocolError("command element longer than the command set");
      this.#values.set(bytes.readUInt16LE(at + 2), bytes.subarray(at + 8, end));
      at = end;
    }
    if (this.number(field.commandField) === undefined || this.number(field.commandDataSetType) === undefined)
      throw new ProtocolError("command set without command field");
  }

  number(element: number): number | undefined {
    const value = this.#values.get(element);
    return value && value.length >= 2 ? value.readUInt16LE(0) : undefined;
  }

  uid(element: number): string {
    return (this.#values.get(element)?.toString("latin1") ?? "").replace(/[\0 ]+$/, "");
  }

  get hasDataSet(): boolean {
    return this.number(field.commandDataSetType) !== noDataSet;
  }
}
