export { buildBasicTextSr } from "./build-basic-text-sr.ts";
export { buildKeyObjectSelection } from "./build-key-object-selection.ts";
export { identityFrom } from "./dicom-modules.ts";
export { encapsulatePdf } from "./encapsulate-pdf.ts";
export { documentSource, type GatheredReport, gatherReport } from "./gather-report.ts";
export { renderReportPdf } from "./render-report-pdf.ts";
export type { KeyPicture, SignedReport } from "./signed-report.ts";
