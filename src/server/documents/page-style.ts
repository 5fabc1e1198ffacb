import type { TextStyle } from "./set-text.ts";

/** A4 in points, and its margins. */
export const page = { width: 595.28, height: 841.89, left: 54, right: 54, top: 48, bottom: 66 };
export const textWidth = page.width - page.left - page.right;

const ink = "#1b2430";
const quiet = "#5b6673";
export const rule = "#cfd6de";
export const accent = "#0b5c7a";
export const wash = "#f2f6f8";
const warning = "#9a3412";

export const style = {
  organisation: { size: 15, weight: "bold", color: accent },
  letterhead: { size: 8, weight: "regular", color: quiet },
  title: { size: 10.5, weight: "semibold", color: ink },
  subtitle: { size: 8, weight: "regular", color: quiet },
  label: { size: 7, weight: "regular", color: quiet },
  value: { size: 9.5, weight: "regular", color: ink },
  patientName: { size: 12, weight: "semibold", color: ink },
  exam: { size: 12, weight: "semibold", color: ink },
  heading: { size: 9.5, weight: "semibold", color: accent },
  body: { size: 10, weight: "regular", color: ink },
  impression: { size: 10.5, weight: "semibold", color: ink },
  amendment: { size: 9.5, weight: "bold", color: warning },
  caption: { size: 8, weight: "regular", color: ink },
  footer: { size: 7, weight: "regular", color: quiet },
} satisfies Record<string, TextStyle>;
