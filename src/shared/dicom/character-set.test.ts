import assert from "node:assert/strict";
import { test } from "node:test";
import { textDecoderFor, textEncoderFor } from "./character-set.ts";

const bytes = (latin1: string): Uint8Array => Uint8Array.from(latin1, (char) => char.charCodeAt(0));
const E = "\x1b";

test("single-byte character sets give the names of PS3.5 and of the field", () => {
  const cases: [string, string, string][] = [
    ["ISO_IR 100", "\xc4neas^R\xfcdiger", "Äneas^Rüdiger"],
    ["ISO_IR 101", "Wa\xb3\xeasa", "Wałęsa"],
    ["ISO_IR 126", "\xc4\xe9\xef\xed\xf5\xf3\xe9\xef\xf2", "Διονυσιος"],
    ["ISO_IR 127", "\xe2\xc8\xc7\xe6\xea^\xe4\xe6\xd2\xc7\xd1", "قباني^لنزار"],
    ["ISO_IR 138", "\xf9\xf8\xe5\xef^\xe3\xe1\xe5\xf8\xe4", "שרון^דבורה"],
    ["ISO_IR 144", "\xbb\xee\xdace\xdc\xd1yp\xd3", "Люкceмбypг"],
    ["ISO_IR 148", "\xc7avu\xfeo\xf0lu", "Çavuşoğlu"],
    ["ISO_IR 166", "\xb9\xd2\xc2", "นาย"],
    ["ISO_IR 13", "\xd4\xcf\xc0\xde^\xc0\xdb\xb3", "ﾔﾏﾀﾞ^ﾀﾛｳ"],
    ["GBK", "Wang=\xcd\xf5^\xd0\xa1\xb6\xab", "Wang=王^小东"],
  ];
  for (const [term, raw, text] of cases) {
    assert.equal(textDecoderFor([term])(bytes(raw)), text, term);
    assert.deepEqual(textEncoderFor([term])(text), bytes(raw), `${term} written`);
  }
});

test("Japanese, Korean and Chinese names with code extension read as in PS3.5 Annexes H, I and K", () => {
  const h31 = `Yamada^Tarou=${E}$B;3ED${E}(B^${E}$BB@O:${E}(B=${E}$B$d$^$@${E}(B^${E}$B$?$m$&${E}(B`;
  assert.equal(textDecoderFor(["", "ISO 2022 IR 87"])(bytes(h31)), "Yamada^Tarou=山田^太郎=やまだ^たろう");
  const h32 = `\xd4\xcf\xc0\xde^\xc0\xdb\xb3=${E}$B;3ED${E}(J^${E}$BB@O:${E}(J`;
  assert.equal(textDecoderFor(["ISO 2022 IR 13", "ISO 2022 IR 87"])(bytes(h32)), "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎");
  const i2 = `Hong^Gildong=${E}$)C\xfb\xf3^${E}$)C\xd1\xce\xd4\xd7=${E}$)C\xc8\xab^${E}$)C\xb1\xe6\xb5\xbf`;
  assert.equal(textDecoderFor(["", "ISO 2022 IR 149"])(bytes(i2)), "Hong^Gildong=洪^吉洞=홍^길동");
  const k = `Zhang^XiaoDong=${E}$)A\xd5\xc5^${E}$)A\xd0\xa1\xb6\xab=`;
  assert.equal(textDecoderFor(["", "ISO 2022 IR 58"])(bytes(k)), "Zhang^XiaoDong=张^小东=");
});

test("a backslash or caret inside a two-byte character does not end a value", () => {
  // 0x5C and 0x5E as halves of JIS X 0208 characters.
  const text = textDecoderFor(["", "ISO 2022 IR 87"])(bytes(`${E}$B0\\0^${E}(B\\B`));
  assert.equal(text.split("\\").length, 2);
  assert.equal(textDecoderFor(["GB18030"])(bytes("\x81\x5c")).includes("\\"), false);
});

test("Korean text without a repeated escape, and high bytes without any declaration, are still readable", () => {
  assert.equal(textDecoderFor(["", "ISO 2022 IR 149"])(bytes("\xb1\xe8\xc8\xf1\xc1\xdf")), "김희중");
  assert.equal(textDecoderFor([])(bytes("M\xfcller")), "Müller");
  assert.equal(textDecoderFor([])(new TextEncoder().encode("Müller")), "Müller");
});

test("what is written in a character set reads back the same", () => {
  const cases: [string[], string][] = [
    [["ISO_IR 192"], "Buc^Jérôme=王^小東"],
    [["GB18030"], "Wang^XiaoDong=王^小东=𠀀㐀"],
    [["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう"],
    [["ISO 2022 IR 13", "ISO 2022 IR 87", "ISO 2022 IR 159"], "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^鷗"],
    [["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동"],
    [["", "ISO 2022 IR 58"], "Wang^Xiao=王^小东"],
    [["ISO 2022 IR 100", "ISO 2022 IR 126", "ISO 2022 IR 144"], "Jérôme\\Διονυσιος\\Люк"],
  ];
  for (const [terms, text] of cases)
    assert.equal(textDecoderFor(terms)(textEncoderFor(terms)(text)), text, terms.join());
});

test("a letter that the character set lacks is written as a question mark", () => {
  assert.equal(Buffer.from(textEncoderFor(["ISO_IR 100"])("Ωmega")).toString("latin1"), "?mega");
});
