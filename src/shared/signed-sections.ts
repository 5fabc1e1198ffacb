type Section = { key: string; title: string; text: string };

/**
 * The sections of a draft that will be signed, for the preview and for the signature alike: without prompts that nobody
 * completed. Nothing a reader wrote is left out.
 *
 * @param prompts labels that templates put at the beginning of a line, without the colon.
 */
export function signedSections<S extends Section>(sections: readonly S[], prompts: readonly string[]): S[] {
  return sections
    .map((section) => ({ ...section, text: withoutEmptyPrompts(section.text, prompts) }))
    .filter(({ text }) => text.trim() !== "");
}

/** A prompt is empty when no text follows its colon, nor on the lines below up to the next prompt. */
function withoutEmptyPrompts(text: string, prompts: readonly string[]): string {
  const known = new Set(prompts);
  const isPrompt = (line: string): boolean => prompts.some((label) => line.trim().startsWith(`${label}:`));
  const isBare = (line: string): boolean => known.has(/^(.*):$/.exec(line.trim())?.[1]?.trim() ?? "");
  const lines = text.split("\n");
  const kept: string[] = [];
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] as string;
    let next = at + 1;
    if (isBare(line)) {
      while (next < lines.length && lines[next]?.trim() === "") next++;
      const following = lines[next];
      if (following === undefined || isPrompt(following)) {
        at = next;
        continue;
      }
      next = at + 1;
    }
    kept.push(line);
    at = next;
  }
  return kept.length === lines.length ? text : kept.join("\n");
}
