import { isReadable } from "@overread/shared/dicom/character-set";
import { normalisePersonName } from "@overread/shared/dicom/person-name";
import type { DifferingAttribute } from "@overread/shared/reasons";

/**
 * Whether two studies under one patient ID are of one person.
 *
 * `agrees`: enough is known, and it fits. `unknown`: nothing contradicts, but too little is known, or it fits only as a
 * misspelling, another script or a swapped date. `conflict`: they name different people.
 */
export type Identity = "agrees" | "unknown" | "conflict";
export type IdentityAttribute = Extract<DifferingAttribute, "name" | "birth-date" | "sex">;

/** A study's patient attributes. Names in caret form, representations separated by `=`; dates as DICOM DA. */
export type Demographics = { patientName: string; patientBirthDate: string; patientSex: string };

/**
 * Compares by rules about how names are written:
 * - case, accents, width, punctuation, titles and suffixes are ignored; `ü` equals `ue`
 * - parts may be in any order and may be missing: a middle name, a second family name, a name shortened to an initial
 * - another family name beside the same given name, sex and birth date is a marriage (or its end)
 * - one letter more, less or different in a long part may be a typing error: `unknown`, since twins have such names too
 * - names in different scripts cannot be compared: `unknown`, unless they share a representation
 * - a name with undecodable characters may contradict, but never agrees: `unknown`
 *
 * Different birth dates are a conflict, unless day and month are swapped or one of them is a first of January that
 * stands for "year known". Sexes conflict where one is male and the other female.
 *
 * @returns the verdict, and the attributes that contradict each other.
 */
export function compareIdentity(a: Demographics, b: Demographics): { identity: Identity; differ: IdentityAttribute[] } {
  const date = compareDates(a.patientBirthDate, b.patientBirthDate);
  const sex = compareSexes(a.patientSex, b.patientSex);
  const name = compareNames(a.patientName, b.patientName, date === "same" && sex !== "other");
  const differ: IdentityAttribute[] = [];
  if (name === "other") differ.push("name");
  if (date === "other") differ.push("birth-date");
  if (sex === "other") differ.push("sex");
  if (differ.length > 0) return { identity: "conflict", differ };
  // The whole name, or a part of it that a birth date confirms.
  const enough = (name === "same" && date !== "close") || (name === "part" && date === "same");
  return { identity: enough ? "agrees" : "unknown", differ };
}

/** `part`: fits, with parts missing. `close`: fits except for a typing error. `silent`: nothing to compare. */
type Likeness = "same" | "part" | "close" | "silent" | "other";

function compareDates(a: string, b: string): Likeness {
  const [first, second] = [dateOf(a), dateOf(b)];
  if (!first || !second) return "silent";
  if (first === second) return "same";
  const turned = first.slice(0, 4) + first.slice(6) + first.slice(4, 6);
  const yearOnly = first.slice(0, 4) === second.slice(0, 4) && [first, second].some((date) => date.endsWith("0101"));
  return turned === second || yearOnly ? "close" : "other";
}

/** A plausible birth date; modalities send zeros and year-one dates for unknown ones. */
function dateOf(text: string): string | null {
  const digits = text.trim();
  return /^(1[89]|2\d)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/.test(digits) ? digits : null;
}

function compareSexes(a: string, b: string): Likeness {
  const [first, second] = [a, b].map((sex) => sex.trim().toUpperCase()) as [string, string];
  if (!/^[MF]$/.test(first) || !/^[MF]$/.test(second)) return "silent";
  return first === second ? "same" : "other";
}

type Name = { family: string[]; given: string[]; all: string[] };

function compareNames(a: string, b: string, otherwiseSame: boolean): Likeness {
  const [first, second] = [a.split("="), b.split("=")];
  let best: Likeness = "silent";
  // A representation that both have decides; of several, the most informative one.
  for (let group = 0; group < 3; group++) {
    const [x, y] = [nameOf(first[group] ?? ""), nameOf(second[group] ?? "")];
    if (x.all.length === 0 || y.all.length === 0) continue;
    if (!sameScript(x.all.join(), y.all.join())) continue;
    const said = compareWriting(x, y, otherwiseSame);
    if (said === "other") return "other";
    const found = isWhole(first[group]) && isWhole(second[group]) ? said : "close";
    if (best === "silent" || rank.indexOf(found) < rank.indexOf(best)) best = found;
  }
  return best;
}
/** Whether no character of a name was lost (`?`): what is left of two different names may be equal. */
const isWhole = (writing = ""): boolean => isReadable(writing) && !writing.includes("?");
const rank: Likeness[] = ["same", "part", "close", "silent"];

/** Family and given names of one representation; a name without carets is one part. Prefix and suffix are ignored. */
function nameOf(group: string): Name {
  const [family = "", given = "", middle = ""] = group.split("^").map(wordsOf) as unknown as string[][];
  const [f, g, m] = [family, given, middle].map((words) => (words ? [...words] : [])) as [string[], string[], string[]];
  const all = [...f, ...g, ...m].filter((word) => !titles.has(word));
  return {
    family: f.filter((word) => !titles.has(word)),
    given: [...g, ...m].filter((word) => !titles.has(word)),
    all,
  };
}
const titles = new Set(["dr", "prof", "mr", "mrs", "ms", "miss", "herr", "frau", "sr", "jr", "med"]);

const wordsOf = (part: string): string[] => {
  const key = normalisePersonName({ alphabetic: part.replaceAll(/['’`]/g, "") });
  return key === "" ? [] : key.split(" ");
};

function compareWriting(a: Name, b: Name, otherwiseSame: boolean): Likeness {
  const matched = match(a.all, b.all);
  const [shorter, longer] = [Math.min(a.all.length, b.all.length), Math.max(a.all.length, b.all.length)];
  if (matched.whole === longer) return "same";
  // The longer name contains everything of the shorter one. A single word may be a family name that many share.
  if (matched.whole === shorter) return shorter >= 2 ? "same" : "part";
  if (matched.whole + matched.initial === shorter && matched.whole > 0) return "part";
  if (matched.whole + matched.initial + matched.slip >= shorter && matched.whole + matched.slip > 0)
    return matched.slip > 0 ? "close" : "part";
  // Joined or separate: "De La Cruz", "Delacruz".
  if (a.all.join("") === b.all.join("")) return "same";
  // Another family name, everything else equal.
  const given = match(a.given, b.given);
  const sameGiven = given.whole > 0 && given.whole === Math.min(a.given.length, b.given.length);
  if (sameGiven && otherwiseSame && a.family.length > 0 && b.family.length > 0) return "part";
  return "other";
}

/** Pairs each word of one name with one of the other: equal, an initial of it, or one letter different. */
function match(a: string[], b: string[]): { whole: number; initial: number; slip: number } {
  const [short, long] = a.length <= b.length ? [a, [...b]] : [b, [...a]];
  const left: string[] = [];
  const counts = { whole: 0, initial: 0, slip: 0 };
  const take = (test: (other: string) => boolean): boolean => {
    const at = long.findIndex(test);
    if (at >= 0) long.splice(at, 1);
    return at >= 0;
  };
  for (const word of short) {
    if (take((other) => sameWord(word, other))) counts.whole++;
    else left.push(word);
  }
  for (const word of left) {
    if (take((other) => isInitial(word, other) || isInitial(other, word))) counts.initial++;
    else if (take((other) => isSlip(word, other))) counts.slip++;
  }
  return counts;
}

const sameWord = (a: string, b: string): boolean => a === b || unfolded(a) === unfolded(b);
/** `ue` for `ü` and the like, as typed on keyboards without umlauts. Accents were removed before. */
const unfolded = (word: string): string => word.replaceAll(/([aou])e/g, "$1").replaceAll("aa", "a");
const isInitial = (letter: string, word: string): boolean =>
  letter.length === 1 && word.length > 1 && word.startsWith(letter);

/** One letter added, missing, different, or two swapped, in a word of at least four. */
function isSlip(a: string, b: string): boolean {
  if (Math.min(a.length, b.length) < 4 || Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  let endA = a.length;
  let endB = b.length;
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
    endA--;
    endB--;
  }
  const [x, y] = [a.slice(start, endA), b.slice(start, endB)];
  return x.length <= 1 && y.length <= 1 ? true : x.length === 2 && y.length === 2 && x[0] === y[1] && x[1] === y[0];
}

/** Words in different scripts cannot be compared. */
function sameScript(a: string, b: string): boolean {
  const of = (text: string): string => {
    if (/\p{Script=Latin}/u.test(text)) return "latin";
    if (/\p{Script=Han}/u.test(text)) return "han";
    if (/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text)) return "kana";
    for (const script of ["Cyrillic", "Greek", "Arabic", "Hebrew", "Hangul", "Thai"])
      if (new RegExp(`\\p{Script=${script}}`, "u").test(text)) return script;
    return "other";
  };
  return of(a) === of(b);
}

/** Texts used where the patient is unknown. As an ID they would join strangers. */
const placeholders = new Set(
  "UNKNOWN UNK UNKN NONE NA NULL NIL NOID NOPID NOPATIENTID ANON ANONYMOUS ANONYMIZED ANONYMISED UNIDENTIFIED UNASSIGNED TBD PATIENTID ID TEMP".split(
    " ",
  ),
);

/**
 * Whether a Patient ID identifies a person. An empty one does not, nor one of zeros, X or punctuation, nor a word that
 * means "unknown", nor one with an undecodable character, which other IDs may share: every study under such an ID
 * counts as a patient of its own.
 */
export function identifies(patientId: string): boolean {
  if (!isReadable(patientId)) return false;
  const bare = patientId.toUpperCase().replaceAll(/[^\p{L}\p{N}]/gu, "");
  return bare !== "" && !/^(0+|X+)$/.test(bare) && !placeholders.has(bare);
}
