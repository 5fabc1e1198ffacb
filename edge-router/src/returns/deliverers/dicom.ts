import { rmSync } from "node:fs";
import { failure } from "@overread/shared/delivery-failure";
import { DicomDelivery } from "@overread/shared/edge-contract/v2";
import { openStoreAssociation } from "../../dimse/scu/storage.ts";
import { download } from "../download.ts";
import { type Deliverer, NotDelivered } from "./deliverer.ts";

/**
 * An object into the hospital's own PACS: fetched from the portal, stored by C-STORE. A warning status (Bxxx) is a success: the PACS has it.
 *
 * @see DICOM PS3.4 §B.2.3
 */
export const dicom: Deliverer<DicomDelivery> = {
  kind: "dicom",
  offer: DicomDelivery,
  async deliver({ deliveryId, destination, subject }, { portal, dir, callingAeTitle, accepted, log, signal }) {
    const path = await download(portal, dir, { deliveryId, ...subject }, signal);
    const { host, port, aeTitle: calledAeTitle } = destination;
    const association = await openStoreAssociation({ host, port, calledAeTitle, callingAeTitle, files: [subject] });
    const status = await association.store({ ...subject, path }).catch((error: unknown) => {
      association.abort();
      throw error;
    });
    const isStored = status === 0 || (status & 0xf000) === 0xb000;
    if (isStored) accepted({ dimseStatus: status });
    await association.release();
    if (!isStored) throw new NotDelivered(failure("dimse-status", { status: status.toString(16).padStart(4, "0") }));
    rmSync(path, { force: true });
    log.info({ deliveryId, sopInstanceUid: subject.sopInstanceUid, status }, "result is in the local PACS");
  },
};
