/** It was not taken. `final`: and never will be. `gone`: where it was to go is no more. */
export class Refused extends Error {
  readonly code: string;
  readonly final: boolean;
  readonly gone: boolean;
  constructor(code: string, { final = false, gone = false }: { final?: boolean; gone?: boolean } = {}) {
    super(code);
    this.name = "Refused";
    this.code = code;
    this.final = final;
    this.gone = gone;
  }
}
