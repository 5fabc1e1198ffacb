import type { OpenStudy } from "../../../_trpc/types.ts";
import { inWords } from "../../../_ui/in-words.ts";
import type { StudyForViewing } from "../../../_viewer/index.tsx";

/** Converts the case to the viewer's own types. */
export function forViewer(study: OpenStudy): { current: StudyForViewing; priors: StudyForViewing[] } {
  return {
    current: {
      ...study.current,
      label: "Current",
      studyDate: study.item.studyDate || null,
      description: study.item.studyDescription || null,
    },
    priors: [
      ...study.together.map((each) => ({
        orgSlug: each.orgSlug,
        studyInstanceUid: each.studyInstanceUid,
        dicomwebRoot: each.dicomwebRoot,
        series: each.series,
        regions: each.regions,
        label: "Read with",
        together: true,
        studyDate: each.studyDate || null,
        description: each.description || null,
      })),
      ...study.priors.map((prior) => ({
        orgSlug: prior.orgSlug,
        studyInstanceUid: prior.studyInstanceUid,
        dicomwebRoot: prior.dicomwebRoot,
        series: prior.series,
        regions: prior.regions,
        label: "Prior",
        studyDate: prior.studyDate || null,
        description: prior.description || null,
        doubt: prior.accepted || !prior.identityReason ? null : inWords(prior.identityReason),
        lentBy: prior.lentBy ? [...new Set([prior.lentBy.hospital, prior.lentBy.facility])].join(", ") : null,
      })),
    ],
  };
}
