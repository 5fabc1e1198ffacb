/** Why something could not be started, and what the person at the terminal can do about it. */
export class StartFault extends Error {
  constructor(problem, remedy) {
    super(problem);
    this.name = "StartFault";
    this.remedy = remedy;
  }
}
