import process from "node:process";
import type { Session } from "../command.ts";
import { createJsonView } from "./json-view.ts";
import { createLiveView } from "./live-view.ts";
import { createPlainView } from "./plain-view.ts";
import type { RunView } from "./run-view.ts";
import { wantsColour } from "./wants-colour.ts";

/** JSON lines on request, a live view on a terminal, plain lines elsewhere. */
export function chooseView(json: boolean, { output, environment }: Session): RunView {
  if (json) return createJsonView(output);
  if (!process.stderr.isTTY || environment["TERM"] === "dumb") return createPlainView(output);
  return createLiveView(process.stderr, wantsColour(process.stderr, environment));
}
