/** Which studies the associations that are open now bring images of. */
export class OpenStudies {
  readonly #byAssociation = new Map<string, Set<string>>();

  begin(associationId: string): void {
    if (!this.#byAssociation.has(associationId)) this.#byAssociation.set(associationId, new Set());
  }

  bringing(associationId: string, studyInstanceUid: string): void {
    // Absent when the association has ended meanwhile.
    this.#byAssociation.get(associationId)?.add(studyInstanceUid);
  }

  ended(associationId: string): void {
    this.#byAssociation.delete(associationId);
  }

  isArriving(studyInstanceUid: string): boolean {
    for (const studies of this.#byAssociation.values()) if (studies.has(studyInstanceUid)) return true;
    return false;
  }
}
