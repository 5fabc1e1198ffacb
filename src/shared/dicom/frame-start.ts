/** JPEG and JPEG-LS (FFD8FF), JPEG 2000 and HTJ2K (FF4F FF51, or the JP2 box), JPEG XL (FF0A, or its box). */
export function looksLikeFrameStart(buffer: Buffer, at: number, length: number): boolean {
  if (length < 4) return false;
  const first = buffer.readUInt32BE(at);
  if (first >>> 8 === 0xffd8ff || first === 0xff4fff51 || first >>> 16 === 0xff0a) return true;
  if (first !== 0x0000000c || length < 8) return false;
  const box = buffer.toString("latin1", at + 4, at + 8);
  return box === "jP  " || box === "JXL ";
}
