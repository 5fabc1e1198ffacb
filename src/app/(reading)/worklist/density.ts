/** The cookie that remembers a person's choice of row height, so that the page comes with it; holds one of these words. */
export const densityCookie = "overread-density";
export type Density = "dense" | "relaxed";

/** In pixels. Both have room for two lines of small text. */
export const rowHeights: Record<Density, number> = { dense: 32, relaxed: 40 };

export const densityOf = (value: string | undefined): Density => (value === "relaxed" ? "relaxed" : "dense");

/** Remembers the choice in this browser. */
export function keepDensity(density: Density): Density {
  // biome-ignore lint/suspicious/noDocumentCookie: cookieStore is not in every browser a hospital has
  document.cookie = `${densityCookie}=${density}; path=/; max-age=31536000; samesite=lax`;
  return density;
}
