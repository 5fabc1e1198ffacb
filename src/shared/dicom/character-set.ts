/** Turns the bytes of text values into Unicode, by the defined terms of (0008,0005). */
export type TextDecoderOf = (bytes: Uint8Array) => string;

/** A decoder for a character set; unknown terms are read as Latin-1. See PS3.5 §6.1 and PS3.3 C.12.1.1.2. */
export function textDecoderFor(_terms: readonly string[]): TextDecoderOf {
  throw new Error("not yet");
}
