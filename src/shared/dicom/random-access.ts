/** A source of bytes with random access: an open file, or an object of the archive. */
export type RandomAccess = {
  /**
   * Reads into `buffer` at `offset`, at most `length` bytes from `position` on.
   *
   * @returns how many were read; fewer than asked for do not mean the end, 0 does.
   */
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
};
