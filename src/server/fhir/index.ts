import { isUnder, type Mount } from "#server/http/protocol.ts";
import { fhir as answer } from "./fhir.ts";

/** FHIR R4 under `/fhir/R4`. */
export const fhir: Mount = () => ({
  name: "fhir",
  answers: "data",
  match: (path) => isUnder("/fhir/R4", path),
  limits: { body: { kind: "small" } },
  handle: ({ req, res }) => answer(req, res),
});
