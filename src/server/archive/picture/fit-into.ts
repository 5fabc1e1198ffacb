import type { Picture } from "@overread/shared/dicom/pixels/description";

/** Fits a picture into a box, keeping its shape; each output pixel is the mean of what it covers. Never enlarges. */
export function fitInto(picture: Picture, box: { width: number; height: number }): Picture {
  const { width, height, channels, data } = picture;
  const scale = Math.min(1, box.width / width, box.height / height);
  if (scale >= 1) return picture;
  const w = Math.max(1, Math.round(width * scale));
  const h = Math.max(1, Math.round(height * scale));
  const out = new Uint8Array(w * h * channels);
  for (let y = 0; y < h; y++) {
    const y0 = Math.floor((y * height) / h);
    const y1 = Math.max(y0 + 1, Math.floor(((y + 1) * height) / h));
    for (let x = 0; x < w; x++) {
      const x0 = Math.floor((x * width) / w);
      const x1 = Math.max(x0 + 1, Math.floor(((x + 1) * width) / w));
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let sy = y0; sy < y1; sy++)
          for (let sx = x0; sx < x1; sx++) sum += data[(sy * width + sx) * channels + c] as number;
        out[(y * w + x) * channels + c] = Math.round(sum / ((y1 - y0) * (x1 - x0)));
      }
    }
  }
  return { width: w, height: h, channels, data: out };
}
