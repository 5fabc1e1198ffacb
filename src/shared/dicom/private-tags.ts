/**
 * Elements that makers keep for themselves, as eight hex digits in capitals (PS3.5 §7.8.1). What they mean no registry says, so
 * they are read only where the standard's own element is missing, and only behind their creator's name.
 */
export const PrivateTag = {
  /** Private Creator of the first block of group 0019. */
  Creator0019: "00190010",
  /** B-value (s/mm²) of diffusion images by Syngo, behind "SIEMENS MR HEADER". */
  SiemensBValue: "0019100C",
} as const;
