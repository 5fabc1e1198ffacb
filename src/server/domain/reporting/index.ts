export { addAddendum } from "./add-addendum.ts";
export { deliverEarlierReports } from "./deliver-earlier-reports.ts";
export {
  AcknowledgeDiscrepancy,
  acknowledgeDiscrepancy,
  CloseDiscrepancy,
  closeDiscrepancy,
  ExportDiscrepancies,
  exportDiscrepancies,
  ListDiscrepancies,
  listDiscrepancies,
  noteSeen,
} from "./discrepancies/index.ts";
export { type GatheredReport, gatherReport, type SignedVersionRow } from "./gather-report.ts";
export { getMarkup } from "./get-markup.ts";
export { getReferral } from "./get-referral.ts";
export { getReport } from "./get-report.ts";
export {
  AddAddendum,
  AskArbiter,
  GetReferral,
  GetReport,
  ListReferrals,
  SaveDraft,
  SaveMarkup,
  SignPreliminary,
  SignReport,
  TakeOverDraft,
} from "./inputs.ts";
export { listReferrals } from "./list-referrals.ts";
export { listTemplates } from "./list-templates.ts";
export { openReportPdf } from "./open-report-pdf.ts";
export { discrepancyPolicy, referralPolicy } from "./policy.ts";
export { recordDocuments, type StoredDocument } from "./record-documents.ts";
export { saveDraft } from "./save-draft.ts";
export { saveMarkup } from "./save-markup.ts";
export type * from "./shapes.ts";
export { askArbiter } from "./sign-double.ts";
export { signPreliminary, signReport } from "./sign-report.ts";
export { startDraftAnew } from "./start-draft-anew.ts";
export { takeOverDraft } from "./take-over-draft.ts";
