/**
 * Bytes for decoded images. Phones kill a page that uses too much memory; fetching a slice twice is better.
 */
export function bytesForImages(): number {
  const memory = (navigator as { deviceMemory?: number }).deviceMemory ?? 4;
  const small = (typeof matchMedia === "function" && matchMedia("(pointer: coarse)").matches) || memory <= 2;
  return (small ? 256 : 1536) * 1024 * 1024;
}

/** Bytes for the voxels of all volumes together: their images are among the cached ones, and others need room too. */
export function bytesForVolumes(): number {
  return bytesForImages() * 0.6;
}
