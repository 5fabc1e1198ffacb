import { Ban, CirclePlus, Clock3, Images, type LucideIcon, TriangleAlert } from "lucide-react";

/** The state of a study as shown to a referring physician, who sees less detail than the reading group. */
export function referralState(item: { state: string | null; signedAt: string | null; lateImages: number }): {
  word: string;
  tone: "plain" | "neutral" | "accent" | "urgent";
  icon: LucideIcon;
} {
  // First of all: the signed report does not cover these images.
  if (item.signedAt && item.lateImages > 0)
    return { word: "Images came after the report", tone: "urgent", icon: TriangleAlert };
  if (item.state === "amended") return { word: "Addendum", tone: "accent", icon: CirclePlus };
  if (item.signedAt) return { word: "Report signed", tone: "plain", icon: Clock3 };
  if (item.state === "arriving") return { word: "Images arriving", tone: "neutral", icon: Clock3 };
  if (item.state === "cancelled") return { word: "Cancelled", tone: "neutral", icon: Ban };
  if (item.state === null) return { word: "Images only", tone: "neutral", icon: Images };
  return { word: "Being read", tone: "neutral", icon: Clock3 };
}

/** What to expect of a study without a signed report. */
export function unsignedNotice(state: string | null): string {
  if (state === "cancelled") return "Its reading was cancelled. No report comes unless it is asked for again.";
  if (state === null) return "Nobody has been asked to read this study.";
  return "The report appears here by itself as soon as it is signed.";
}
