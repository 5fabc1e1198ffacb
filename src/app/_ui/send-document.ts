import { siteDocuments } from "@overread/shared/site-documents";

export const documentTypes = ["application/pdf", "image/jpeg", "image/png"] as const;
export const documentKinds = Object.entries(siteDocuments);
/** The server's limit. Bytes. */
const largest = 20 * 1024 * 1024;
/** Pixels along the longer side that a photo is sent with. */
const longestSide = 4096;

/** Why a document is not taken, and what to do; by the reason that the server gives. */
const refusals: Readonly<Record<string, string>> = {
  empty: "The file is empty.",
  type: "This is no PDF, JPEG or PNG. Save it as one of these and add it again.",
  "other-type": "The file is not what its name says. Save it again as PDF, JPEG or PNG.",
  encrypted: "This PDF is protected by a password. Print it to a PDF without one and add that.",
  active: "This PDF holds scripts, forms or attached files. Print it to a plain PDF and add that.",
  damaged: "The file is damaged or of an unusual form, and cannot be opened. Save it again and add it then.",
  "too-many-pixels": "The picture has too many pixels. Make it smaller and add it again.",
  "too-many": "Fifty documents were added here already. Nothing more can be added.",
  turned: "This photo is stored lying on its side. Save it upright and add it again.",
};
const codes: Readonly<Record<string, string>> = {
  "auth.required": "Your session has ended. Sign in again.",
  "auth.forbidden": "Your account may not do this.",
  "case.illegal-move": "The case was signed or cancelled meanwhile. Nothing can be added to it.",
  "case.not-found": "This case is not on your worklist.",
  "instance.not-found": "No image of this study is in the archive yet. Wait for the first one.",
  "storage.unavailable": "Too much is being added at the moment. Nothing was added; try again in a minute.",
  "storage.full": "The archive has no room left. The operator has to make some.",
};

/**
 * Sends one file to an address that takes documents.
 *
 * @throws {Error} with a sentence for the person who sends it.
 */
export async function sendDocument(address: string, file: File): Promise<void> {
  const body = file.type === "image/jpeg" ? await upright(file) : file;
  if (body.size > largest) throw new Error("The file has more than 20 MB. Make it smaller and add it again.");
  const answer = await fetch(address, {
    method: "POST",
    body,
    headers: { "content-type": file.type || "application/octet-stream" },
  }).catch(() => {
    throw new Error("The portal did not answer. Nothing was added; try again.");
  });
  if (answer.ok) return;
  const { error } = (await answer.json().catch(() => ({}))) as {
    error?: { code?: string; details?: { reason?: string } };
  };
  const refused = error?.code === "document.refused" ? refusals[error.details?.reason ?? ""] : undefined;
  throw new Error(refused ?? codes[error?.code ?? ""] ?? "It was not added. Try again.");
}

/** A photo the way it was held, without what the camera noted beside it. One that the browser cannot open is left for the server to refuse. */
async function upright(file: File): Promise<Blob> {
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (!bitmap) return file;
  const scale = Math.min(1, longestSide / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return new Promise((resolve) => canvas.toBlob((blob) => resolve(blob ?? file), "image/jpeg", 0.92));
}
