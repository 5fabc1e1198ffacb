/** Names by which a PDF (ISO 32000-2 §12.6, §12.7.8, §7.11.4) does something by itself, carries other files, or is another program's form. */
const activeName =
  /\/(?:JavaScript|Launch|EmbeddedFiles?|RichMedia|Rendition|SubmitForm|ImportData|GoToE|GoToR|Movie|Sound|3D|XFA|Encrypt)(?![A-Za-z0-9])|\/AA[\s\0]*(?:<<|\d|%)|\/OpenAction[\s\0]*(?![\s\0[])/;
/** Streams that hold objects of the document; all others hold pictures, typefaces and what is drawn. */
const objectStream = /\/(?:ObjStm|First)(?![A-Za-z0-9])/;
const unpackedLimit = 16 << 20;

/**
 * Whether a PDF holds anything active, or cannot be looked through far enough to say that it does not: scripts, actions on
 * opening, files inside, media, forms of another kind; encrypted ones too. Such a document is saved, never shown inside a page.
 * Names may be spelt with `#xx`, and objects may stand inside compressed streams.
 */
export async function isActivePdf(bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const raw = new TextDecoder("latin1").decode(bytes);
  if (activeName.test(plainNames(raw))) return true;
  let before = 0;
  for (const mark of raw.matchAll(/stream\r?\n?/g)) {
    const described = plainNames(raw.slice(before, mark.index));
    before = mark.index + mark[0].length;
    if (!objectStream.test(described)) continue;
    // Rows with a predictor, or another coding, would hide names from this search.
    if (/\/(?:DecodeParms|DP)(?![A-Za-z0-9])/.test(described)) return true;
    const unpacked = await inflated(bytes.subarray(before));
    if (unpacked === null || activeName.test(plainNames(unpacked))) return true;
  }
  return false;
}

const plainNames = (text: string): string =>
  text.replace(/#([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

/** What a zlib stream at the beginning of these bytes holds; null when there is none, or too much in it. */
async function inflated(bytes: Uint8Array<ArrayBuffer>): Promise<string | null> {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  const text = new TextDecoder("latin1");
  let told = "";
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      told += text.decode(next.value, { stream: true });
      if (told.length > unpackedLimit) return null;
    }
  } catch {
    // What stands behind the end of the stream is no part of it.
  } finally {
    await reader.cancel().catch(() => {});
  }
  return told === "" ? null : told;
}
