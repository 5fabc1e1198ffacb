/** A text that means itself in a LIKE pattern. */
export const likeLiteral = (text: string): string => text.replace(/[\\%_]/g, "\\$&");
