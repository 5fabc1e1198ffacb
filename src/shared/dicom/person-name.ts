/** A name in its representations, each in caret form, as `personNameOf` returns it. */
export type PersonNameGroups = {
  alphabetic?: string | null | undefined;
  ideographic?: string | null | undefined;
  phonetic?: string | null | undefined;
};

/**
 * A name for display: `DOE, Jane A. (MD)`, followed by the ideographic representation where there is one, as in
 * `YAMADA, Tarou · 山田 太郎`.
 *
 * @param name groups, or the text of a PN value (`"Yamada^Tarou=山田^太郎"`).
 * @returns an empty string for a name without any letters.
 * @see DICOM PS3.5 §6.2.1 (components: family, given, middle, prefix, suffix)
 */
export function formatPersonName(name: PersonNameGroups | string | undefined): string {
  const { alphabetic, ideographic, phonetic } = groupsOf(name);
  const latin = formatAlphabetic(alphabetic ?? "");
  const native = formatNative(ideographic || (latin ? "" : (phonetic ?? "")));
  return [latin, native].filter((part) => part !== "").join(" · ");
}

/**
 * Every representation of a name, the one for display first: `["YAMADA, Tarou", "山田 太郎", "やまだ たろう"]`.
 *
 * @see DICOM PS3.5 §6.2.1
 */
export function personNameWritings(name: PersonNameGroups | string | undefined): string[] {
  const { alphabetic, ideographic, phonetic } = groupsOf(name);
  return [formatAlphabetic(alphabetic ?? ""), formatNative(ideographic ?? ""), formatNative(phonetic ?? "")].filter(
    (part) => part !== "",
  );
}

/**
 * A key for finding and comparing names: without case, accents, width or punctuation, parts separated by one space.
 *
 * @returns family, given and middle name of the first non-empty representation, e.g. `"doe jane"`; all representations
 * when `allGroups` is set, for a search.
 */
export function normalisePersonName(name: PersonNameGroups | string | undefined, allGroups = false): string {
  const { alphabetic, ideographic, phonetic } = groupsOf(name);
  const keys = [alphabetic, ideographic, phonetic]
    .map((group) =>
      normalise(
        components(group ?? "")
          .slice(0, 3)
          .join(" "),
      ),
    )
    .filter((key) => key !== "");
  return allGroups ? keys.join(" ") : (keys[0] ?? "");
}

function normalise(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{M}/gu, (mark) => (/[\u3099\u309a]/.test(mark) ? mark : "")) // が is not か
    .normalize("NFC")
    .toLowerCase()
    .replace(/ß/g, "ss")
    .replace(/ø/g, "o")
    .replace(/ł/g, "l")
    .replace(/æ/g, "ae")
    .replace(/œ/g, "oe")
    .replace(/ς/g, "σ")
    .replace(/[^\p{L}\p{N}\u3099\u309a]+/gu, " ")
    .trim();
}

function groupsOf(name: PersonNameGroups | string | undefined): PersonNameGroups {
  if (typeof name !== "string") return name ?? {};
  const [alphabetic, ideographic, phonetic] = name.split("=");
  return {
    ...(alphabetic ? { alphabetic } : {}),
    ...(ideographic ? { ideographic } : {}),
    ...(phonetic ? { phonetic } : {}),
  };
}

function components(group: string): string[] {
  return group.split("^").map((part) => part.replace(/\s+/g, " ").trim());
}

/** Ideographic and phonetic representations have the family name first, without comma. */
function formatNative(group: string): string {
  return components(group)
    .filter((part) => part !== "")
    .join(" ");
}

function formatAlphabetic(group: string): string {
  const [family = "", given = "", middle = "", prefix = "", suffix = ""] = components(group);
  const rest = [prefix, given, middle].filter((part) => part !== "").join(" ");
  // A name typed without carets ("Jane Doe") is not a family name to be capitalised.
  const locale = /\p{Script=Greek}/u.test(family) ? "el" : "en";
  const head = rest ? family.toLocaleUpperCase(locale) : family;
  const name = head && rest ? `${head}, ${rest}` : head || rest;
  return suffix ? `${name} (${suffix})`.trim() : name;
}
