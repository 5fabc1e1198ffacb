import { DomainError } from "@overread/shared/errors";

/** The refusal to render. @param reason one sentence for a reader, without patient data. */
export function cannotDraw(reason: string, cause?: unknown): DomainError {
  return new DomainError("dicom.cannot-render", { cause, details: { reason } });
}

export const damaged = "The compressed image is damaged or not what its header says.";
export const makersOwn = "The image is compressed in a way that only its maker knows.";
