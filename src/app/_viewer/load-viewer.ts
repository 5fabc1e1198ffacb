import type { Opening } from "./warm-study.ts";

let loading: Promise<typeof import("./viewer.tsx")> | null = null;
let here: typeof import("./viewer.tsx") | null = null;

/** The viewer's chunk, fetched once; a failed fetch is tried again at the next call. */
export async function chunk(): Promise<typeof import("./viewer.tsx")> {
  loading ??= import("./viewer.tsx").catch((error: unknown) => {
    loading = null;
    throw error;
  });
  const loaded = await loading;
  here = loaded;
  return loaded;
}

/** The chunk, if it is here. */
export const chunkHere = (): typeof import("./viewer.tsx") | null => here;

/** Fetches the chunk and warms up the decoder. Failures are silent here; the reading page reports them. */
export async function warmViewer(): Promise<void> {
  try {
    await (await chunk()).warmUp();
  } catch {
    // The worklist must not report errors about images that nobody has opened.
  }
}

/** Fetches what the viewer will show first of this opening. Failures are silent: when it is opened it is fetched again. */
export async function warmAhead(opening: Opening): Promise<void> {
  try {
    await (await chunk()).warmStudy(opening);
  } catch {
    // As above: nobody has opened it.
  }
}
