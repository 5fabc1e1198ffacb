import { Ban, CirclePlus, Clock3, FileText, Images, type LucideIcon, TriangleAlert } from "lucide-react";
import type { ReferralItem } from "../../_trpc/types.ts";

/** How the status of a referred study looks; what it is called is in `in-words.ts`. A plain one needs no mark on a list. */
export const referralMarks: Record<
  ReferralItem["status"],
  { tone: "plain" | "neutral" | "accent" | "urgent"; icon: LucideIcon }
> = {
  "late-images": { tone: "urgent", icon: TriangleAlert },
  addendum: { tone: "accent", icon: CirclePlus },
  signed: { tone: "plain", icon: Clock3 },
  arriving: { tone: "neutral", icon: Clock3 },
  "awaiting-report": { tone: "neutral", icon: Clock3 },
  cancelled: { tone: "neutral", icon: Ban },
  "no-images": { tone: "neutral", icon: FileText },
  "images-only": { tone: "neutral", icon: Images },
};
