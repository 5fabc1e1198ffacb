import { ageAt, isBirthDate } from "@overread/shared/dicom/age";
import { formatDate, formatMoment, formatTime } from "@overread/shared/dicom/dates";
import { type ReportWords, reportWords } from "@overread/shared/report-words";
import PDFDocument from "pdfkit";
import { accent, page, rule, style, textWidth, wash } from "./page-style.ts";
import { breakLines, type Line, oneLine, type TextStyle } from "./set-text.ts";
import type { KeyPicture, ReportSection, Signature, SignedReport } from "./signed-report.ts";
import { facesFor, hanLanguageOf } from "./typefaces.ts";
import { amendments, nameText, sexText, withoutEmptyEdges } from "./wording.ts";

/**
 * The report as a PDF: A4, letterhead, patient, examination, sections with the impression emphasised, addenda, key
 * images, signature, and on every page the patient, the version and the page number.
 *
 * The same report gives the same bytes, of even length, since it becomes a DICOM value (PS3.5 §7.1).
 *
 * @returns a PDF 1.7 file whose fonts are embedded; it has no script, link or attachment.
 */
export async function renderReportPdf(report: SignedReport): Promise<Buffer> {
  const allText = textOf(report);
  const { name } = report.patient;
  const names = [name.alphabetic, name.ideographic, name.phonetic].join(" ");
  const language = hanLanguageOf(/\p{Script=Han}/u.test(names) ? names : allText);
  const sheet = new Sheet(report, await facesFor(allText, language));
  sheet.letterhead();
  sheet.patientBlock();
  sheet.exam();
  for (const section of report.sections) sheet.section(section);
  if (report.addenda.length > 0) sheet.signatures();
  for (const addendum of report.addenda) sheet.addendum(addendum);
  if (report.keyImages.length > 0) sheet.keyImages(report.keyImages);
  if (report.addenda.length === 0) sheet.signatures();
  sheet.seal();
  return sheet.finish();
}

/** Every character the document may need: values, our own wording, digits. */
function textOf(report: SignedReport): string {
  const own: string[] = [];
  for (let code = 0x20; code < 0x7f; code++) own.push(String.fromCharCode(code));
  const everything = JSON.stringify({ ...report, identity: null, evidence: null, others: null, keyImages: null });
  const captions = report.keyImages.map((image) => image.caption);
  // Family names are set in capitals.
  const capitals = JSON.stringify([report.patient.name, report.study.referringPhysician]).toLocaleUpperCase("en");
  // Composed (NFC), as it will be set; the joiners of Arabic and Indic scripts are needed too.
  return [...own, "·–—•…\u200c\u200d", everything, capitals, ...captions].join("").normalize("NFC");
}

const titleOf = ({ kind, language }: SignedReport): string =>
  reportWords(language).titles[kind === "preliminary" ? "preliminary" : "report"];

type FaceOf = Parameters<typeof oneLine>[2];

/** The state while a document is set: page and position. */
class Sheet {
  readonly #report: SignedReport;
  readonly #words: ReportWords;
  readonly #faceOf: FaceOf;
  readonly #doc: PDFKit.PDFDocument;
  readonly #bytes: Promise<Buffer>;
  #y = page.top;

  constructor(report: SignedReport, faceOf: FaceOf) {
    this.#report = report;
    this.#words = reportWords(report.language);
    this.#faceOf = faceOf;
    const info = {
      Title: titleOf(report),
      Author: report.reportSignature.name,
      Subject: this.#words.version(report.version),
      Creator: "Overread",
      Producer: "Overread",
      // The time of signing, not now: a retry makes the same file.
      CreationDate: report.signature.at,
      ModDate: report.signature.at,
    };
    this.#doc = new PDFDocument({
      size: "A4",
      margin: 0,
      bufferPages: true,
      pdfVersion: "1.7",
      ...(report.language ? { lang: report.language } : {}),
      displayTitle: true,
      info,
      // Otherwise pdfkit would start with its own Helvetica, which is not embedded.
      font: null as unknown as string,
    });
    const chunks: Buffer[] = [];
    this.#bytes = new Promise((resolve, reject) => {
      this.#doc.on("data", (chunk: Buffer) => chunks.push(chunk));
      this.#doc.on("end", () => resolve(Buffer.concat(chunks)));
      this.#doc.on("error", reject);
    });
  }

  letterhead(): void {
    const { readingGroup } = this.#report;
    const right = page.width - page.right;
    const title = this.#line(titleOf(this.#report), style.title);
    const state = this.#line(this.#versionText(), style.subtitle);
    this.#draw(title, right - title.width, this.#y + 12, style.title);
    this.#draw(state, right - state.width, this.#y + 24, style.subtitle);

    let y = this.#y + 14;
    for (const line of breakLines(readingGroup.name, textWidth - 150, style.organisation, this.#faceOf)) {
      this.#draw(line, page.left, y, style.organisation);
      y += 17;
    }
    y -= 4;
    for (const text of readingGroup.letterhead.filter((line) => line.trim() !== readingGroup.name)) {
      for (const line of breakLines(text, textWidth - 150, style.letterhead, this.#faceOf)) {
        this.#draw(line, page.left, y, style.letterhead);
        y += 10.5;
      }
    }
    this.#y = Math.max(y, this.#y + 30);
    this.#doc.rect(page.left, this.#y, textWidth, 1.5).fill(accent);
    this.#y += 12;
  }

  patientBlock(): void {
    const { patient, study, facility, hospital } = this.#report;
    const { labels, notStated } = this.#words;
    const age = ageAt({ birthDate: patient.birthDate, patientAge: patient.age }, study.date);
    const born = [
      isBirthDate(patient.birthDate) ? formatDate(patient.birthDate) : "",
      age && this.#words.ageAtExamination(age),
    ]
      .filter(Boolean)
      .join(" · ");
    const performed = [formatDate(study.date), formatTime(study.time)].filter(Boolean).join(", ");
    const place = facility.name === hospital.name ? facility.name : `${hospital.name} · ${facility.name}`;
    const left: Field[] = [
      [labels.patient, nameText(patient.name) || notStated, style.patientName],
      [labels.patientId, patient.issuer ? `${patient.id} (${patient.issuer})` : patient.id || notStated],
      [labels.born, born || notStated],
      [labels.sex, sexText(patient.sex, this.#words)],
    ];
    const right: Field[] = [
      [labels.accessionNumber, study.accessionNumber || this.#words.noAccessionNumber],
      [labels.examined(study.modalities), performed || notStated],
      [labels.referringPhysician, nameText(study.referringPhysician) || notStated],
      [labels.hospital, place],
    ];
    const gap = 20;
    const inset = 12;
    const leftWidth = (textWidth - 2 * inset - gap) * 0.54;
    const rightWidth = textWidth - 2 * inset - gap - leftWidth;
    const rows = left.map(
      (field, row) => [this.#field(field, leftWidth), this.#field(right[row]!, rightWidth)] as const,
    );
    const heights = rows.map(([a, b]) => Math.max(a.height, b.height));
    const height = heights.reduce((sum, rowHeight) => sum + rowHeight, 0) + 2 * inset - 6;
    this.#doc.roundedRect(page.left, this.#y, textWidth, height, 4).lineWidth(0.5).fillAndStroke(wash, rule);
    let y = this.#y + inset;
    rows.forEach(([a, b], row) => {
      a.draw(page.left + inset, y);
      b.draw(page.left + inset + leftWidth + gap, y);
      y += heights[row]!;
    });
    this.#y += height + 20;
  }

  exam(): void {
    const { study, comparisons } = this.#report;
    const what = study.description || study.modalities.join(", ") || this.#words.examination;
    this.#paragraph(what, style.exam, 18);
    if (comparisons.length > 0) {
      const list = comparisons.map((prior) =>
        [formatDate(prior.date), prior.description || prior.modalities.join(", ")].filter(Boolean).join(" "),
      );
      this.#paragraph(this.#words.earlierStudies(list), style.subtitle, 11);
    }
    this.#y += 10;
  }

  section({ key, title, text }: ReportSection): void {
    if (text.trim() === "") return;
    if (key === "impression") this.#impression(title, text);
    else {
      this.#heading(title);
      this.#paragraph(withoutEmptyEdges(text), style.body, 14);
      this.#y += 9;
    }
  }

  addendum({ number, sections, signature }: SignedReport["addenda"][number]): void {
    this.#room(60);
    this.#doc.rect(page.left, this.#y, textWidth, 0.75).fill(rule);
    this.#y += 12;
    this.#paragraph(this.#words.addendumTitle(number), style.exam, 15);
    this.#paragraph(formatMoment(signature.at, this.#report.facility.timeZone), style.subtitle, 11);
    this.#y += 6;
    for (const section of sections) {
      if (!section.key.startsWith("addendum")) this.section(section);
      else {
        this.#paragraph(withoutEmptyEdges(section.text), style.body, 14);
        this.#y += 9;
      }
    }
    this.signature(signature);
  }

  keyImages(images: KeyPicture[]): void {
    const gap = 14;
    const cell = (textWidth - gap) / 2;
    const pictureHeight = cell * 0.8;
    for (let row = 0; row < images.length; row += 2) {
      const pair = images.slice(row, row + 2).map((image, column) => ({
        image,
        x: page.left + column * (cell + gap),
        lines: breakLines(
          `${row + column + 1}. ${image.caption || this.#words.keyImage}`,
          cell,
          style.caption,
          this.#faceOf,
        ),
      }));
      const captionHeight = Math.max(...pair.map(({ lines }) => lines.length)) * 11;
      // A heading is never separated from its text at the end of a page.
      this.#room(pictureHeight + captionHeight + (row === 0 ? 40 : 20));
      if (row === 0) this.#heading(this.#words.keyImages(images.length));
      for (const { image, x, lines } of pair) {
        this.#doc.rect(x, this.#y, cell, pictureHeight).fill("#000000");
        if (image.jpeg)
          this.#doc.image(image.jpeg, x, this.#y, { fit: [cell, pictureHeight], align: "center", valign: "center" });
        else this.#centred(this.#words.noPicture, x, cell, this.#y + pictureHeight / 2);
        lines.forEach((line, index) => {
          this.#draw(line, x, this.#y + pictureHeight + 12 + index * 11, style.caption);
        });
      }
      this.#y += pictureHeight + captionHeight + 16;
    }
  }

  /** Of the report itself: its signer, and who read it independently. */
  signatures(): void {
    const { reportSignature, coReaders } = this.#report;
    this.signature(reportSignature);
    for (const reader of coReaders)
      this.signature(reader, reader.agreed ? this.#words.labels.coSignedBy : this.#words.labels.alsoReadBy);
  }

  signature(signature: Signature, label = this.#words.labels.signedBy): void {
    const { timeZone } = this.#report.facility;
    this.#room(46);
    this.#y += 4;
    const name = [signature.name, signature.qualification].filter(Boolean).join(", ");
    this.#paragraph(label, style.label, 10);
    this.#paragraph(name, style.title, 14);
    this.#paragraph(formatMoment(signature.at, timeZone), style.subtitle, 11);
    this.#y += 12;
  }

  /** What allows anyone to verify that this paper is that version. */
  seal(): void {
    this.#room(34);
    this.#doc.rect(page.left, this.#y, textWidth, 0.5).fill(rule);
    this.#y += 6;
    this.#paragraph(`${this.#versionText()} · ${this.#words.seal.hash}`, style.footer, 9.5);
    this.#paragraph(this.#report.sha256, style.footer, 9.5);
    this.#paragraph(this.#words.seal.study(this.#report.study.studyInstanceUid), style.footer, 9.5);
  }

  async finish(): Promise<Buffer> {
    const { start, count } = this.#doc.bufferedPageRange();
    for (let index = start; index < start + count; index++) {
      this.#doc.switchToPage(index);
      this.#footer(index - start + 1, count);
    }
    this.#doc.end();
    const bytes = await this.#bytes;
    return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.from("\n")]);
  }

  #versionText(): string {
    const { kind, version, addenda } = this.#report;
    return this.#words.state[kind](version, addenda.at(-1)?.number ?? "");
  }

  #footer(number: number, count: number): void {
    const { patient, version, study, kind } = this.#report;
    const y = page.height - page.bottom + 24;
    this.#doc.rect(page.left, y - 10, textWidth, 0.5).fill(rule);
    const { footer, regulatoryNote } = this.#words;
    const pageText = this.#line(footer.page(number, count), style.footer);
    const idWidth = textWidth - pageText.width - 16;
    const id = breakLines(
      footer.report({
        patientId: patient.id,
        accession: study.accessionNumber,
        version,
        preliminary: kind === "preliminary",
      }),
      idWidth,
      style.footer,
      this.#faceOf,
    );
    if (id[0]) this.#draw(id[0], page.left, y, style.footer);
    this.#draw(pageText, page.width - page.right - pageText.width, y, style.footer);
    this.#draw(this.#line(regulatoryNote, style.footer), page.left, y + 10, style.footer);
  }

  #impression(title: string, text: string): void {
    const inset = 12;
    const leading = 15;
    const set = (words: string, textStyle: TextStyle) =>
      breakLines(words, textWidth - 2 * inset - 3, textStyle, this.#faceOf).map((line) => ({ line, textStyle }));
    const lines = [
      ...amendments(this.#report).flatMap((words) => set(words, style.amendment)),
      ...set(withoutEmptyEdges(text), style.impression),
    ];
    this.#room(Math.min(lines.length, 4) * leading + 40);
    this.#y += 2;
    let rest = lines;
    let heading: string | null = title;
    // One box on each page it spans.
    while (rest.length > 0) {
      const headHeight = heading ? 16 : 0;
      const space = page.height - page.bottom - this.#y - 2 * inset - headHeight;
      const count = Math.max(1, Math.min(rest.length, Math.floor(space / leading)));
      const height = count * leading + 2 * inset + headHeight - 3;
      this.#doc.rect(page.left, this.#y, textWidth, height).fill(wash);
      this.#doc.rect(page.left, this.#y, 3, height).fill(accent);
      let y = this.#y + inset + 8;
      if (heading) {
        this.#draw(this.#line(heading, style.heading), page.left + inset + 3, y, style.heading);
        y += headHeight;
      }
      for (const { line, textStyle } of rest.slice(0, count)) {
        this.#aligned(line, page.left + inset + 3, textWidth - 2 * inset - 3, y, textStyle);
        y += leading;
      }
      this.#y += height + 14;
      rest = rest.slice(count);
      heading = null;
      if (rest.length > 0) this.#newPage();
    }
  }

  #heading(title: string): void {
    this.#room(34);
    this.#draw(this.#line(title, style.heading), page.left, this.#y + 9, style.heading);
    this.#y += 15;
  }

  /** Lines one below the other, across page ends. */
  #paragraph(text: string, textStyle: TextStyle, leading: number): void {
    for (const line of breakLines(text, textWidth, textStyle, this.#faceOf)) {
      this.#room(leading);
      this.#aligned(line, page.left, textWidth, this.#y + textStyle.size, textStyle);
      this.#y += leading;
    }
  }

  #field([label, value, valueStyle = style.value]: Field, width: number): Block {
    const labelLine = this.#line(label, style.label);
    const lines = breakLines(value, width, valueStyle, this.#faceOf);
    const leading = valueStyle.size * 1.3;
    return {
      height: 9 + lines.length * leading + 7,
      draw: (x, y) => {
        this.#draw(labelLine, x, y + 6, style.label);
        lines.forEach((line, index) => {
          this.#draw(line, x, y + 8 + (index + 1) * leading - 1, valueStyle);
        });
      },
    };
  }

  #centred(text: string, x: number, width: number, y: number): void {
    const light = { ...style.caption, color: "#c8d0d8" };
    const line = this.#line(text, light);
    this.#draw(line, x + (width - line.width) / 2, y, light);
  }

  #line(text: string, textStyle: TextStyle): Line {
    return oneLine(text, textStyle, this.#faceOf);
  }

  /** A right-to-left line starts at the right edge. */
  #aligned(line: Line, x: number, width: number, baseline: number, textStyle: TextStyle): void {
    const { direction, indent } = line;
    this.#draw(line, direction === "rtl" ? x + width - line.width - indent : x + indent, baseline, textStyle);
  }

  #draw(line: Line, x: number, baseline: number, textStyle: TextStyle): void {
    let at = x;
    for (const { face, text, width } of line.runs) {
      this.#doc.font(face.font as unknown as PDFKit.Mixins.PDFFontSource, face.key, textStyle.size);
      // `features` makes pdfkit shape the run as a whole instead of word by word, which would reverse Arabic words.
      this.#doc
        .fillColor(textStyle.color)
        .text(text, at, baseline, { lineBreak: false, baseline: "alphabetic", features: [] });
      at += width;
    }
  }

  /** Starts a new page unless `height` points are left on this one. */
  #room(height: number): void {
    if (this.#y + height > page.height - page.bottom) this.#newPage();
  }

  #newPage(): void {
    const { patient, study } = this.#report;
    this.#doc.addPage();
    const text = [
      nameText(patient.name),
      `${this.#words.labels.patientId} ${patient.id}`,
      study.description,
      formatDate(study.date),
    ];
    const [line] = breakLines(text.filter(Boolean).join(" · "), textWidth, style.subtitle, this.#faceOf);
    if (line) this.#draw(line, page.left, page.top, style.subtitle);
    this.#doc.rect(page.left, page.top + 8, textWidth, 0.5).fill(rule);
    this.#y = page.top + 24;
  }
}

/** A block that is set but not placed yet. Points. */
type Block = { height: number; draw(x: number, y: number): void };
type Field = [label: string, value: string, style?: TextStyle];
