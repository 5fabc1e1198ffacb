import {
  type Command,
  type CommandElement,
  commandField,
  encodeCommand,
  field,
  noDataSet,
  someDataSet,
} from "./command.ts";
import { messagePdus } from "./pdu.ts";
import type { DimseResponse } from "./service.ts";

/** The PDUs of one response to a request: its command set, and its data set if it has one (PS3.7 §6.3, §9.3, §10.3). */
export function responsePdus(
  { contextId, abstractSyntax, command }: { contextId: number; abstractSyntax: string; command: Command },
  { status, comment, elements = [], dataSet }: DimseResponse,
  maxPduBytes: number,
): Buffer {
  const sopClassUid = command.uid(field.affectedSopClassUid) || command.uid(field.requestedSopClassUid);
  const sopInstanceUid = command.uid(field.affectedSopInstanceUid) || command.uid(field.requestedSopInstanceUid);
  const set: CommandElement[] = [
    [field.affectedSopClassUid, "UI", sopClassUid || abstractSyntax],
    [field.commandField, "US", command.number(field.commandField)! | commandField.response],
    [field.messageIdBeingRespondedTo, "US", command.number(field.messageId) ?? 0],
    [field.commandDataSetType, "US", dataSet ? someDataSet : noDataSet],
    [field.status, "US", status],
    ...elements,
  ];
  if (comment) set.push([field.errorComment, "LO", comment]);
  if (sopInstanceUid && !elements.some(([element]) => element === field.affectedSopInstanceUid))
    set.push([field.affectedSopInstanceUid, "UI", sopInstanceUid]);
  const head = messagePdus(contextId, encodeCommand(set), true, maxPduBytes);
  return dataSet ? Buffer.concat([head, messagePdus(contextId, dataSet, false, maxPduBytes)]) : head;
}
