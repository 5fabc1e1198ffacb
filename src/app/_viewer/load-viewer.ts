import type { Opening } from "./warm-study.ts";

type Chunk = typeof import("./viewer.tsx");
let loading: Promise<Chunk> | null = null;
let here: Chunk | null = null;

/** The viewer's chunk, fetched once; a failed fetch is tried again at the next call. */
export function chunk(): Promise<Chunk> {
  loading ??= import("./viewer.tsx").then(
    (loaded) => {
      here = loaded;
      return loaded;
    },
    (error: unknown) => {
      loading = null;
      throw error;
    },
  );
  return loading;
}

/** The chunk, if it is here. */
export const chunkHere = (): Chunk | null => here;

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
