import { dataSet, type WritableDataSet } from "@overread/shared/dicom/build";
import { dicomMoment } from "@overread/shared/dicom/dates";
import { truncated } from "./dicom-modules.ts";
import type { Signature, SignedReport } from "./signed-report.ts";

/** Complete and, unless preliminary, verified by whoever stands for it (PS3.3 C.17.2). */
export function verification(report: SignedReport): WritableDataSet {
  const preliminary = report.kind === "preliminary";
  return dataSet({
    PreliminaryFlag: preliminary ? "PRELIMINARY" : "FINAL",
    CompletionFlag: "COMPLETE",
    VerificationFlag: preliminary ? "UNVERIFIED" : "VERIFIED",
    // A preliminary report has no verifying observer; its author is in the observation context.
    VerifyingObserverSequence: preliminary
      ? undefined
      : verifiersOf(report).map((verifier) => verifyingObserver(verifier, report)),
  });
}

/** Who stands for the object: its signer, and of two readings that agree the other reader, each with the time of his signature. */
function verifiersOf({ kind, signature, coReaders }: SignedReport): Signature[] {
  return [signature, ...(kind === "final" ? coReaders.filter(({ agreed }) => agreed) : [])];
}

function verifyingObserver({ personName, at }: Signature, { facility, readingGroup }: SignedReport): WritableDataSet {
  const { date, time } = dicomMoment(at, facility.timeZone);
  return dataSet({
    VerifyingObserverName: personName,
    VerifyingObserverIdentificationCodeSequence: [],
    VerifyingOrganization: truncated(readingGroup.name, 64),
    VerificationDateTime: date + time,
  });
}
