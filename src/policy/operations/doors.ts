import type { Operation } from "../operation.ts";
import { READ_REPOSITORY, WRITE_REPOSITORY, plain } from "./row.ts";

/** What is done by other doors than REST. */
export const DOOR_ROWS: readonly Operation[] = [
  plain("git.fetch", { scopes: [READ_REPOSITORY] }),
  plain("git.push", { scopes: [WRITE_REPOSITORY], writes: true }),
  plain("model.call", { scopes: [], writes: true }),
  plain("network.connect", { scopes: [], writes: true }),
  plain("package.get", { scopes: [] }),
  // Not an operation but the absence of one, so that an attempt at something unknown is on record like any other.
  plain("request.unlisted", {
    scopes: [],
    openToAgents: false,
    humanGate: "this operation is not in the table, so no grant covers it",
  }),
];
