/** One screen's event stream. @param base origin of the front door. */
export async function openScreen(base: string, cookie: string) {
  const abort = new AbortController();
  const response = await fetch(`${base}/api/events`, { headers: { cookie }, signal: abort.signal });
  const seen: string[] = [];
  let ended = false;
  (async () => {
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      for (;;) {
        const end = text.indexOf("\n\n");
        if (end < 0) break;
        seen.push(text.slice(0, end));
        text = text.slice(end + 2);
      }
    }
  })().then(
    () => {
      ended = true;
    },
    () => {
      ended = true;
    },
  );
  return {
    response,
    events: () =>
      seen.filter((text) => text.startsWith("event: live")).map((text) => JSON.parse(text.split("data: ")[1]!)),
    has: (text: string) => seen.some((event) => event.startsWith(text)),
    seen: () => seen,
    ended: () => ended,
    close: () => abort.abort(),
  };
}
