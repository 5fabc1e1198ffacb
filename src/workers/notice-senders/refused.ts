/** It was not taken. `final`: and never will be. */
export class Refused extends Error {
  readonly code: string;
  readonly final: boolean;
  constructor(code: string, { final = false }: { final?: boolean } = {}) {
    super(code);
    this.name = "Refused";
    this.code = code;
    this.final = final;
  }
}
