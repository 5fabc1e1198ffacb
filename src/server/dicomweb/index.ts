import { onRevocation } from "#server/auth/revocations.ts";
import { isUnder, type Mount } from "#server/http/protocol.ts";
import { recheckGrants } from "./grant.ts";
import { answerDicomweb } from "./router.ts";

export { type DicomwebRoute, dicomwebRoutes } from "./routes.ts";

/** DICOMweb under `/dicomweb/{org}` (PS3.18 §10). */
export const dicomweb: Mount = ({ listener }) => {
  onRevocation(listener, recheckGrants);
  return {
    name: "dicomweb",
    answers: "data",
    match: (path) => isUnder("/dicomweb", path),
    limits: { body: { kind: "streamed" } },
    handle: answerDicomweb,
  };
};
