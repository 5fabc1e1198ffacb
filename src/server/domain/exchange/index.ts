export {
  type DestinationPlace,
  destinationsOf,
  forgetDestination,
  hasPacs,
  type OpenDestination,
  pacsByFacility,
  saveDestination,
  setPacs,
} from "./destinations.ts";
export { type DestinationSettings, type KindName, kinds } from "./kinds/index.ts";
export type { Kind, Taken } from "./kinds/kind.ts";
export { type DeliveryView, deliveriesAbout, listWaiting, type WaitingDelivery } from "./list-deliveries.ts";
export { planSending } from "./plan-sending.ts";
export { type Owed, recordDeliveries, recordReport } from "./record-deliveries.ts";
export { type Outcome, recordOutcome } from "./record-outcome.ts";
export { retryDeliveries } from "./retry-deliveries.ts";
export type { Subject, SubjectType } from "./subject.ts";
export { type Offer, takeDeliveries, takenForSeconds } from "./take-deliveries.ts";
