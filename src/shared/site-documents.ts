/** What a document is that a site adds to a study: a code, in words, and whether it is a photo of the patient. */
export const siteDocuments = {
  request: "Request form",
  questionnaire: "Questionnaire",
  consent: "Consent form",
  "earlier-report": "Earlier report",
  photo: "Photo",
  other: "Other document",
} as const;
export type SiteDocument = keyof typeof siteDocuments;
export const siteDocumentKinds = Object.keys(siteDocuments) as [SiteDocument, ...SiteDocument[]];
