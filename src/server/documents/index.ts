export { assembleReport, type ReportWithoutPictures } from "./assemble-report.ts";
export { buildBasicTextSr } from "./build-basic-text-sr.ts";
export { buildKeyObjectSelection } from "./build-key-object-selection.ts";
export { buildSiteDocument } from "./build-site-document.ts";
export { identityFrom } from "./dicom-modules.ts";
export { encapsulatePdf } from "./encapsulate-pdf.ts";
export { renderReportPdf } from "./render-report-pdf.ts";
export type { KeyPicture, SignedReport } from "./signed-report.ts";
