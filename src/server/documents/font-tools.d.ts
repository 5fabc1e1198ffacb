/** The part of fontkit 2.0 that we use (it ships no types); lengths in font units. */
declare module "fontkit" {
  export type Path = {
    commands: { command: "moveTo" | "lineTo" | "quadraticCurveTo" | "bezierCurveTo" | "closePath"; args: number[] }[];
  };
  export type Glyph = {
    id: number;
    advanceWidth: number;
    codePoints: number[];
    path: Path;
    _getMetrics(): { leftBearing: number };
  };
  export type GlyphRun = { glyphs: Glyph[]; advanceWidth: number };
  export type Subset = {
    glyf: Uint8Array[];
    loca: { offsets: number[] };
    hmtx: { metrics: { advance: number; bearing: number }[] };
    offset: number;
    _addGlyph(gid: number): number;
  };
  export type Font = {
    postscriptName: string;
    unitsPerEm: number;
    ascent: number;
    descent: number;
    variationAxes: Record<string, unknown>;
    getVariation(settings: Record<string, number>): Font;
    hasGlyphForCodePoint(codePoint: number): boolean;
    getGlyph(id: number, codePoints?: number[]): Glyph;
    layout(text: string, features?: string[]): GlyphRun;
    createSubset(): Subset;
  };
  export function create(buffer: Uint8Array): Font;
}

declare module "wawoff2" {
  const wawoff2: { decompress(woff2: Uint8Array): Promise<Uint8Array> };
  export default wawoff2;
}
