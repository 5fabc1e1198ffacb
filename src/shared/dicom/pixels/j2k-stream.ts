/**
 * Whether a JPEG 2000 codestream says that its colours were transformed (multiple component transformation in COD,
 * ISO/IEC 15444-1 §A.6.1); a decoder then gives RGB, otherwise what the encoder was given.
 */
export function hasComponentTransform(codestream: Uint8Array): boolean {
  for (let at = 2; at + 4 < codestream.length; ) {
    const marker = ((codestream[at] as number) << 8) | (codestream[at + 1] as number);
    // Start of the first tile part: the main header is over.
    if (marker === 0xff90 || marker < 0xff00) return false;
    if (marker === 0xff52) return codestream[at + 8] === 1;
    at += 2 + (((codestream[at + 2] as number) << 8) | (codestream[at + 3] as number));
  }
  return false;
}
