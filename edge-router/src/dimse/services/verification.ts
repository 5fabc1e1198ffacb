import { SOP } from "@overread/shared/dicom/sop-classes";
import { commandField } from "../command.ts";
import { keepAny } from "../negotiate.ts";
import { type DimseService, withWholeDataSet } from "../service.ts";
import { generalStatus } from "../status.ts";

/** Verification SOP Class (PS3.6 Annex A). */
export const verificationSopClass = SOP.verification;

/**
 * Says that we are here.
 *
 * @see DICOM PS3.4 Annex A, PS3.7 §9.1.5
 */
export const verificationService: DimseService = {
  serves: (abstractSyntax) => abstractSyntax === verificationSopClass,
  chooseTransferSyntax: keepAny,
  operations: {
    [commandField.cEcho]: {
      dataSet: false,
      // Modalities test the line on the contexts that they have.
      universal: true,
      begin: () => withWholeDataSet(0, async () => ({ status: generalStatus.success })),
    },
  },
  statuses: {},
};
