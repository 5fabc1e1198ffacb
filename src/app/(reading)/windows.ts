/** The windows of this browser that show the worklist or a case: whether this one is the last is known when it closes. */
const name = "overread-reading-windows";
type Word = { from: string; says: "here" | "who" | "gone" };

const others = new Set<string>();
/** Over plain HTTP a browser makes no UUIDs. */
const own = globalThis.crypto?.randomUUID?.() ?? String(Math.random());
let channel: BroadcastChannel | null = null;

/** Counts this window. Idempotent. A window that crashed is counted until the last one closes: what it keeps lapses. */
export function countWindow(): void {
  if (channel) return;
  const open = new BroadcastChannel(name);
  channel = open;
  const say = (says: Word["says"]) => open.postMessage({ from: own, says } satisfies Word);
  open.onmessage = ({ data }: MessageEvent<Word>) => {
    if (data.says === "gone") others.delete(data.from);
    else others.add(data.from);
    if (data.says === "who") say("here");
  };
  window.addEventListener("pagehide", () => say("gone"));
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) say("who");
  });
  say("who");
}

/** Whether no other window of this browser is known. */
export const isLastWindow = (): boolean => others.size === 0;
