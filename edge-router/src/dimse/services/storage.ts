import { isStorageClass } from "@overread/shared/dicom/storage-classes";
import { isUid } from "@overread/shared/dicom/uids";
import { DomainError } from "@overread/shared/errors";
import { commandField, field } from "../command.ts";
import { keepAny } from "../negotiate.ts";
import type { AssociationInfo, DimseService } from "../service.ts";
import { generalStatus, type StatusTable } from "../status.ts";

/** An object whose data set is about to come. */
export type IncomingObject = {
  association: AssociationInfo;
  sopClassUid: string;
  sopInstanceUid: string;
  transferSyntaxUid: string;
};

/** Where the bytes of one data set go. */
export type ObjectReceiver = {
  /** Takes the next bytes by reference. */
  write(bytes: Buffer): void;
  /** The disk is behind: the sender must wait until `onRoom` is called. */
  readonly full: boolean;
  /**
   * Resolves once the object is durable.
   * @throws {DomainError} what the sender is told, see `storageStatuses`. Anything else is a fault of ours.
   */
  finish(): Promise<void>;
  /** The sender went away in the middle. */
  discard(): void;
};

/** Who keeps what comes. */
export type ObjectStore = {
  begin(object: IncomingObject, onRoom: () => void): ObjectReceiver;
  /** An object that was refused by its command alone; of others the receiver knows more. */
  refused(association: AssociationInfo, reason: string): void;
  associationEnded(association: AssociationInfo): void;
};

/** PS3.4 table B.2-1: A7xx out of resources, A9xx data set does not match SOP class, Cxxx cannot understand. */
const outOfResources = 0xa700;
const dataSetDoesNotMatch = 0xa900;
const cannotUnderstand = 0xc000;

const storageStatuses: StatusTable = {
  "storage.full": { status: outOfResources, comment: "spool disk is full, send again later" },
  "storage.unavailable": { status: outOfResources, comment: "spool is not available, send again later" },
  "dicom.uid-mismatch": { status: dataSetDoesNotMatch, comment: "data set and command differ in UIDs" },
  "dicom.truncated": { status: cannotUnderstand, comment: "data set is cut off" },
  "dicom.malformed": { status: cannotUnderstand, comment: "not a readable data set" },
  "dicom.missing-attribute": { status: cannotUnderstand, comment: "study, series or SOP UID is missing" },
  "dicom.invalid-uid": { status: cannotUnderstand, comment: "a UID is not valid" },
  internal: { status: cannotUnderstand, comment: "cannot process the object" },
};

/**
 * Takes objects of every storage SOP class, in every transfer syntax, and answers success when they are durable.
 *
 * It serves whatever no other service of the standard claims, so it stands last in a list of services.
 * @see DICOM PS3.4 Annex B, PS3.7 §9.1.1
 */
export const storageService = (store: ObjectStore): DimseService => ({
  serves: isStorageClass,
  chooseTransferSyntax: keepAny,
  operations: {
    [commandField.cStore]: {
      dataSet: true,
      begin({ association, command, transferSyntaxUid }, onRoom) {
        const sopClassUid = command.uid(field.affectedSopClassUid);
        const sopInstanceUid = command.uid(field.affectedSopInstanceUid);
        if (!isUid(sopClassUid) || !isUid(sopInstanceUid)) {
          store.refused(association, "dicom.invalid-uid");
          throw new DomainError("dicom.invalid-uid");
        }
        const receiver = store.begin({ association, sopClassUid, sopInstanceUid, transferSyntaxUid }, onRoom);
        return {
          get full() {
            return receiver.full;
          },
          write: (bytes) => receiver.write(bytes),
          answer: () => receiver.finish().then(() => ({ status: generalStatus.success })),
          discard: () => receiver.discard(),
        };
      },
    },
  },
  statuses: storageStatuses,
  associationEnded: (association) => store.associationEnded(association),
});
