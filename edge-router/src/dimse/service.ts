import { DomainError } from "@overread/shared/errors";
import type { Command, CommandElement } from "./command.ts";
import type { StatusTable } from "./status.ts";

/** An association that was accepted. `id` is ours and unique. */
export type AssociationInfo = {
  id: string;
  callingAeTitle: string;
  calledAeTitle: string;
};

/** One request of a peer, of which the command has been read. */
type DimseRequest = {
  association: AssociationInfo;
  command: Command;
  /** Of the presentation context that it came on. */
  abstractSyntax: string;
  transferSyntaxUid: string;
  /** Aborts when the peer cancels the request (C-CANCEL-RQ, PS3.7 §9.3.2.3) or its association ends. */
  signal: AbortSignal;
};

/** One response. Message id, SOP class and instance of the request are added; the status says whether more follow. */
export type DimseResponse = {
  status: number;
  /** Error Comment (0000,0902). */
  comment?: string;
  /** Further elements of the command set, such as Number of Remaining Sub-operations. */
  elements?: CommandElement[];
  /** In the presentation context's transfer syntax. */
  dataSet?: Buffer;
};

/** A request that is being carried out: it takes the data set, if there is one, and then gives the answer. */
export type Execution = {
  /** Takes the next bytes by reference. */
  write(bytes: Buffer): void;
  /** No more can be taken now: the peer must wait until `onRoom` is called. */
  readonly full: boolean;
  /**
   * Called once, when the whole data set has come. Several responses are sent as they are yielded; the last one has a
   * status other than pending.
   *
   * @throws {DomainError} what the peer is told by the service's status table. Anything else is a fault of ours.
   */
  answer(): Promise<DimseResponse> | AsyncIterable<DimseResponse>;
  /** The association ended before the answer. */
  discard(): void;
};

/** What a service does for one command (PS3.7 §9.1, §10.1). */
export type Operation = {
  /** Whether a data set follows the command. */
  dataSet: boolean;
  /** The peer may cancel it, so that it is read from while the answer is under way. */
  cancelable?: boolean;
  /** Answered on every context and for whoever has the association open: C-ECHO. */
  universal?: boolean;
  /**
   * @param onRoom to be called when `full` was true and no longer is.
   * @throws {DomainError} as `Execution.answer`; the data set is then read and dropped.
   */
  begin(request: DimseRequest, onRoom: () => void): Execution;
};

/** A DIMSE service as provider (SCP): one file in `services/`, listed where the program is put together. */
export type DimseService = {
  /** Whether it is asked for by this abstract syntax: its SOP class, or its Meta SOP class. */
  serves(abstractSyntax: string): boolean;
  /** The one that it takes of those that a peer offers for a context; undefined when none will do. */
  chooseTransferSyntax(offered: readonly string[]): string | undefined;
  /** By Command Field (0000,0100). */
  operations: Readonly<Record<number, Operation>>;
  statuses: StatusTable;
  associationEnded?(association: AssociationInfo): void;
};

/** Finds who serves what; of two that serve the same the first one does. */
export class ServiceRegistry {
  readonly #services: readonly DimseService[];
  constructor(services: readonly DimseService[]) {
    this.#services = services;
  }

  serviceFor(abstractSyntax: string): DimseService | undefined {
    return this.#services.find((service) => service.serves(abstractSyntax));
  }

  /** @returns undefined when the command is none of the context's service and no universal one. */
  operationFor(service: DimseService, commandField: number): Operation | undefined {
    const own = service.operations[commandField];
    if (own) return own;
    const others = this.#services.map(({ operations }) => operations[commandField]);
    return others.find((operation) => operation?.universal);
  }

  associationEnded(association: AssociationInfo): void {
    for (const service of this.#services) service.associationEnded?.(association);
  }
}

/**
 * Carries out a request that needs its whole data set at once: a query's identifier, a list of attributes.
 *
 * @param mostBytes a longer one is refused as `dicom.malformed`; nothing further of it is kept.
 */
export function withWholeDataSet(mostBytes: number, answer: (dataSet: Buffer) => ReturnType<Execution["answer"]>) {
  const pieces: Buffer[] = [];
  let bytes = 0;
  return {
    full: false,
    write(piece) {
      bytes += piece.length;
      // Copied: the receive path gives the memory of large chunks back.
      if (bytes <= mostBytes) pieces.push(Buffer.from(piece));
    },
    answer() {
      if (bytes > mostBytes) throw new DomainError("dicom.malformed");
      return answer(Buffer.concat(pieces));
    },
    discard: () => undefined,
  } satisfies Execution;
}
