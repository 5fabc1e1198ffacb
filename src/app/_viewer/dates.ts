import { formatDate } from "@overread/shared/dicom/dates";

/** `"20261121"` → `"21 Nov 2026"`; anything that is no date is returned unchanged. */
export const readableDate = (value: string | null): string | null => (value ? formatDate(value) : null);
