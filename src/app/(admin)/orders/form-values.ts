/** A PN of its parts (PS3.5 §6.2.1); carets and backslashes, which would end a part or the value, become spaces. */
export function nameFrom(family: string, given: string): string {
  const part = (text: string) =>
    text
      .replaceAll(/[\^\\=]/g, " ")
      .replaceAll(/\s+/g, " ")
      .trim();
  return `${part(family)}^${part(given)}`.replace(/\^$/, "");
}

/** Family and given name of a PN's alphabetic writing. */
export function nameParts(name: string): [family: string, given: string] {
  const [family = "", given = ""] = (name.split("=")[0] ?? "").split("^");
  return [family, given];
}

/** DA of what a date field gives (`YYYY-MM-DD`); empty stays empty. */
export const birthDateFrom = (field: string): string => field.replaceAll("-", "");
