/** PDF names (ISO 32000-2 §12.6, §12.7.8, §7.11.4) of actions, scripts, embedded files and XFA forms. */
const activeName =
  /\/(?:JavaScript|Launch|EmbeddedFiles?|RichMedia|Rendition|SubmitForm|ImportData|GoToE|GoToR|Movie|Sound|3D|XFA|Encrypt)(?![A-Za-z0-9])|\/AA[\s\0]*(?:<<|\d|%)|\/OpenAction[\s\0]*(?![\s\0[])/;
/** Streams that hold objects of the document; all other streams hold images, fonts and page content. */
const objectStream = /\/(?:ObjStm|First)(?![A-Za-z0-9])/;
const unpackedLimit = 16 << 20;
/** Of one document: a thousand of them hold a hundred thousand objects. */
const mostObjectStreams = 1000;
const unpackedLimitOfAll = 32 << 20;

/**
 * Whether a PDF holds active content, or cannot be searched far enough to rule it out: scripts, actions on opening,
 * embedded files, media, XFA forms; also encrypted files. Such a document is offered for download, never shown inside a
 * page. Names may be spelt with `#xx`, and objects may stand in compressed streams.
 */
export async function isActivePdf(bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const raw = new TextDecoder("latin1").decode(bytes);
  if (activeName.test(plainNames(raw))) return true;
  let before = 0;
  let streams = 0;
  let unpackedOfAll = 0;
  for (const mark of raw.matchAll(/stream\r?\n?/g)) {
    const described = plainNames(raw.slice(before, mark.index));
    before = mark.index + mark[0].length;
    if (!objectStream.test(described)) continue;
    // A predictor or another filter would hide names from this search.
    if (/\/(?:DecodeParms|DP)(?![A-Za-z0-9])/.test(described)) return true;
    if (++streams > mostObjectStreams || unpackedOfAll > unpackedLimitOfAll) return true;
    const unpacked = await inflated(bytes.subarray(before));
    unpackedOfAll += unpacked?.length ?? 0;
    if (unpacked === null || activeName.test(plainNames(unpacked))) return true;
  }
  return false;
}

const plainNames = (text: string): string =>
  text.replace(/#([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

/**
 * The content of the zlib stream at the start of these bytes; null when there is none, or when it inflates beyond the
 * limit.
 */
async function inflated(bytes: Uint8Array<ArrayBuffer>): Promise<string | null> {
  const reader = inPieces(bytes).pipeThrough(new DecompressionStream("deflate")).getReader();
  const text = new TextDecoder("latin1");
  let told = "";
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      told += text.decode(next.value, { stream: true });
      if (told.length > unpackedLimit) return null;
    }
  } catch {
    // Bytes behind the end of the stream do not belong to it.
  } finally {
    await reader.cancel().catch(() => {});
  }
  return told === "" ? null : told;
}

/** Piece by piece, as far as it is read: there may be many streams, and most of a large document lies behind each. */
function inPieces(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream({
    pull(to) {
      if (at >= bytes.length) return to.close();
      to.enqueue(bytes.subarray(at, at + pieceBytes));
      at += pieceBytes;
    },
  });
}
const pieceBytes = 64 << 10;
