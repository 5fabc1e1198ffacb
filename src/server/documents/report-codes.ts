import { code, type WritableDataSet } from "@overread/shared/dicom/build";
import { reportLanguages } from "@overread/shared/report-languages";

type SectionCodes = { heading: () => WritableDataSet; element: () => WritableDataSet };
const codes = (heading: [string, string], element: [string, string]): SectionCodes => ({
  heading: () => code(heading[0], "DCM", heading[1]),
  element: () => code(element[0], "DCM", element[1]),
});

function identityInDoubt(): SectionCodes {
  return {
    heading: () => code("patient-identity", "99OVERREAD", "Patient identity in doubt"),
    element: () => code("121071", "DCM", "Finding"),
  };
}

/** Section headings (CID 7001) and their contents (CID 7002), by the keys of our templates. */
const known: Record<string, SectionCodes> = {
  clinicalInformation: codes(["121060", "History"], ["121060", "History"]),
  history: codes(["121060", "History"], ["121060", "History"]),
  indication: codes(["121109", "Indications for Procedure"], ["121060", "History"]),
  examinations: codes(["121064", "Current Procedure Descriptions"], ["121065", "Procedure Description"]),
  technique: codes(["121064", "Current Procedure Descriptions"], ["121065", "Procedure Description"]),
  comparison: codes(["121066", "Prior Procedure Descriptions"], ["121067", "Prior Procedure Description"]),
  findings: codes(["121070", "Findings"], ["121071", "Finding"]),
  impression: codes(["121072", "Impressions"], ["121073", "Impression"]),
  recommendation: codes(["121074", "Recommendations"], ["121075", "Recommendation"]),
  recommendations: codes(["121074", "Recommendations"], ["121075", "Recommendation"]),
  conclusion: codes(["121076", "Conclusions"], ["121077", "Conclusion"]),
  // Statements that the product adds about the patient, in a report and in an addendum.
  "patient-identity": identityInDoubt(),
  "identity-addendum": identityInDoubt(),
  addendum: {
    heading: () => code("55107-7", "LN", "Addendum Document"),
    element: () => code("121071", "DCM", "Finding"),
  },
};

/**
 * Codes of a section; `addendum-2` is an addendum. A section without a standard code keeps its own title, since a wrong
 * heading would be worse.
 */
export function sectionCodes(key: string, title: string): SectionCodes {
  return (
    known[key.replace(/-\d+$/, "")] ?? {
      heading: () => code(key.slice(0, 16), "99OVERREAD", [...title].slice(0, 64).join("")),
      element: () => code("121071", "DCM", "Finding"),
    }
  );
}

/** The language of the report (TID 1204, CID 5000); null when it was not stated: then the object states none. */
export function languageCode(language: string): WritableDataSet | null {
  const meaning = reportLanguages[language];
  return meaning ? code(language, "RFC5646", meaning) : null;
}
