/** A DICOM DA value as days since 1970; `undefined` unless it is a real calendar date (PS3.5 §6.2, DA). */
export function daysOf(da: string): number | undefined {
  const match = /^(\d{4})\.?(\d{2})\.?(\d{2})$/.exec(da.trim());
  if (!match) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  return Math.floor(date.getTime() / 86_400_000);
}

/**
 * How old the patient was on the day of the study, as people say it: days in the first month, months below two
 * years, then years.
 *
 * @param birthDate @param studyDate DA text as received.
 * @returns e.g. `57 y`, `8 mo`, `3 d`; empty when a date is missing or they contradict each other.
 */
export function ageAtStudy(birthDate: string, studyDate: string): string {
  const born = daysOf(birthDate);
  const studied = daysOf(studyDate);
  if (born === undefined || studied === undefined || studied < born) return "";
  const months = monthsBetween(birthDate, studyDate);
  if (months < 1) return `${studied - born} d`;
  if (months < 24) return `${months} mo`;
  return `${Math.floor(months / 12)} y`;
}

/** Whole years at the study, `undefined` when unknown. */
export function yearsAtStudy(birthDate: string, studyDate: string): number | undefined {
  return ageAtStudy(birthDate, studyDate) === "" ? undefined : Math.floor(monthsBetween(birthDate, studyDate) / 12);
}

function monthsBetween(from: string, to: string): number {
  const [a, b] = [from.replaceAll(".", ""), to.replaceAll(".", "")];
  const months = (Number(b.slice(0, 4)) - Number(a.slice(0, 4))) * 12 + Number(b.slice(4, 6)) - Number(a.slice(4, 6));
  return Number(b.slice(6, 8)) < Number(a.slice(6, 8)) ? months - 1 : months;
}
