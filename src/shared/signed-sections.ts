type Section = { key: string; title: string; text: string };

/**
 * What of a draft is signed, for the last look before signing and for the signature alike: the sections that say
 * something, without the template's prompts that nobody wrote anything behind. Nothing a reader wrote is left out.
 *
 * @param prompts labels that templates put at the beginning of a line, without the colon.
 */
export function signedSections<S extends Section>(sections: readonly S[], prompts: readonly string[]): S[] {
  return sections
    .map((section) => ({ ...section, text: withoutEmptyPrompts(section.text, prompts) }))
    .filter(({ text }) => text.trim() !== "");
}

/** A prompt is empty when nothing stands behind its colon, nor on the lines below up to the next prompt. */
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
