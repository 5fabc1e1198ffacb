export { acknowledgeDiscrepancy, noteSeen } from "./acknowledge-discrepancy.ts";
export { closeDiscrepancy } from "./close-discrepancy.ts";
export { exportDiscrepancies } from "./export-discrepancies.ts";
export { AcknowledgeDiscrepancy, CloseDiscrepancy, ExportDiscrepancies, ListDiscrepancies } from "./inputs.ts";
export { listDiscrepancies } from "./list-discrepancies.ts";
