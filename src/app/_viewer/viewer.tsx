import type { ViewerProps } from "./types.ts";

export async function warmUp(): Promise<void> {}

export function Viewer(_props: ViewerProps) {
  return null;
}
