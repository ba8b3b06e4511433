/** What one door may cost the broker. Bytes and milliseconds; a limit is never "none" (attack 35). */
export type BrokerLimits = {
  readonly connections: number;
  /** Requests in progress over all connections of the door, until their answers are sent; a client may pipeline. */
  readonly requests: number;
  readonly headerBytes: number;
  readonly headers: number;
  /** Until the head of a request is complete. */
  readonly headersMilliseconds: number;
  /** Until a whole request is complete; a large push may take long. */
  readonly requestMilliseconds: number;
  /** Bodies that are read as a whole: REST and MCP. */
  readonly bodyBytes: number;
  readonly bodyMilliseconds: number;
  readonly modelBodyBytes: number;
  readonly gitBodyBytes: number;
};

const MIB = 1024 * 1024;

export const DEFAULT_LIMITS: BrokerLimits = {
  connections: 512,
  // Each may hold an answer of 10 MB, the largest file that REST gives.
  requests: 64,
  headerBytes: 16 * 1024,
  headers: 100,
  headersMilliseconds: 10_000,
  requestMilliseconds: 15 * 60_000,
  bodyBytes: MIB,
  bodyMilliseconds: 30_000,
  // The Messages API takes 32 MB.
  modelBodyBytes: 32 * MIB,
  gitBodyBytes: 2048 * MIB,
};
