import { formatDate } from "@overread/shared/dicom/dates";

/** `"20261121"` → `"21 Nov 2026"`; what is no date is kept as it came. */
export const readableDate = (value: string | null): string | null => (value ? formatDate(value) : null);
