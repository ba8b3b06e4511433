/** Something that must hold however long it goes on. */
export type Proof = {
  readonly name: string;
  readonly claim: string;
  /** The ways in which it does not hold, as sentences. */
  prove(short: boolean): Promise<readonly string[]>;
};
