import process from "node:process";
import { SallyportError } from "../base/index.ts";
import { parseArguments } from "./arguments.ts";
import { COMMANDS } from "./commands.table.ts";
import { findCommand } from "./find-command.ts";
import { renderCommandHelp, renderGroupHelp, renderHelp } from "./help.ts";
import { createOutput, type Output } from "./output.ts";
import { reportError } from "./report-error.ts";

/** Runs the command line with the arguments after the program's name; answers with the exit code, and never rejects. */
export async function main(argv: readonly string[]): Promise<number> {
  const output = createOutput(process.stdout, process.stderr);
  try {
    return await dispatch(argv, output);
  } catch (error) {
    return reportError(error, output, process.env["SALLYPORT_DEBUG"] === "1");
  }
}

async function dispatch(argv: readonly string[], output: Output): Promise<number> {
  const [first] = argv;
  if (first === undefined) return printAll(renderHelp(COMMANDS), (line) => output.progress(line), 2);
  if (first === "--version") return printAll([(await import("./version.ts")).VERSION], output.line, 0);
  if (first === "--help" || first === "-h" || (first === "help" && argv.length === 1)) {
    return printAll(renderHelp(COMMANDS), output.line, 0);
  }
  const wantsHelp = first === "help";
  const found = await findCommand(COMMANDS, wantsHelp ? argv.slice(1) : argv);
  const helpAsked = wantsHelp || asksHelp(found.rest);
  if (found.kind === "group") {
    if (helpAsked) return printAll(renderGroupHelp(found.name, found.commands), output.line, 0);
    const names = found.commands.map(({ name }) => name).join(", ");
    throw new SallyportError("usage", `${found.name} needs one more word: ${names}.`);
  }
  if (helpAsked) return printAll(renderCommandHelp(found.command), output.line, 0);
  const args = await parseArguments(found.command, found.rest);
  const body = await found.command.load();
  return body(args, { output, environment: process.env, directory: process.cwd() });
}

/** `--help` counts anywhere before `--`, even beside arguments that are not valid. */
function asksHelp(rest: readonly string[]): boolean {
  const end = rest.indexOf("--");
  return (end < 0 ? rest : rest.slice(0, end)).some((word) => word === "--help" || word === "-h");
}

function printAll(lines: readonly string[], print: (line: string) => void, code: number): number {
  for (const line of lines) print(line);
  return code;
}
