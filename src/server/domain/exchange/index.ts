export {
  destinationsOf,
  forgetDestination,
  hasPacs,
  pacsByFacility,
  saveDestination,
  setPacs,
} from "./destinations.ts";
export { kinds } from "./kinds/index.ts";
export type { Kind } from "./kinds/kind.ts";
export { type DeliveryView, deliveriesAbout, listWaiting } from "./list-deliveries.ts";
export { planSending } from "./plan-sending.ts";
export { recordDeliveries, recordReport } from "./record-deliveries.ts";
export { type Outcome, recordOutcome } from "./record-outcome.ts";
export { retryDeliveries } from "./retry-deliveries.ts";

export { type Offer, takeDeliveries, takenForSeconds } from "./take-deliveries.ts";
