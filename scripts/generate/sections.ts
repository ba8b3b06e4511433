import { formatList, formatTable } from "./format-markdown.ts";
import { makeOperations, makeRefusals } from "./operations.ts";
import { ROOMS } from "../layers/room-table.ts";
import { FIXES } from "../../src/box/bwrap/no-isolation.ts";
import { COMMANDS } from "../../src/cli/commands.table.ts";
import { renderCommandHelp, renderHelp } from "../../src/cli/help.ts";
import { AUTHORITY_FILES, GATES, IMPLICIT_SCOPE, STEP_SCOPES } from "../../src/policy/index.ts";
import { RULES } from "../../src/pipeline/index.ts";

/** One part of a document that is made from the code: what stands between `<!-- generated: ID -->` and `<!-- end -->`. */
export type Section = {
  readonly file: string;
  readonly id: string;
  /** Markdown without the markers. */
  readonly make: () => string;
};

/** Every generated section of the documents. Adding one means one row here and its two markers in the file. */
export const SECTIONS: readonly Section[] = [
  { file: "CONTRIBUTING.md", id: "rooms", make: makeRooms },
  { file: "docs/tokens-and-grants.md", id: "scopes", make: makeScopes },
  { file: "docs/tokens-and-grants.md", id: "gates", make: () => formatList(GATES.map((gate) => `\`${gate}\``)) },
  { file: "docs/reference/operations.md", id: "operations", make: makeOperations },
  { file: "docs/reference/operations.md", id: "refusals", make: makeRefusals },
  {
    file: "docs/tokens-and-grants.md",
    id: "authority-files",
    make: () => formatList(AUTHORITY_FILES.map((glob) => `\`${glob}\``)),
  },
  { file: "docs/pipeline-file.md", id: "rules", make: makeRules },
  { file: "docs/commands.md", id: "help", make: makeHelp },
  { file: "docs/doctor.md", id: "fixes", make: () => formatTable(["missing", "fix"], Object.entries(FIXES)) },
];

function makeRooms(): string {
  const rows = ROOMS.map(({ name, holds, imports, packages }) => {
    // cli and runner take all rooms above them; sixteen names would say less than the words.
    const may = imports.length > 10 ? "all above" : imports.join(", ") || "–";
    return [`\`src/${name}\``, holds, may, packages.map((one) => `\`${one}\``).join(", ") || "–"];
  });
  return formatTable(["folder", "what lives there", "may import", "npm packages"], rows);
}

function makeScopes(): string {
  return formatList(STEP_SCOPES.map((scope) => `\`${scope}\`${scope === IMPLICIT_SCOPE ? " (implicit)" : ""}`));
}

function makeRules(): string {
  const rows = RULES.map(({ id, severity, meaning }) => [`\`${id}\``, severity, meaning]);
  return formatTable(["rule", "severity", "meaning"], rows);
}

function makeHelp(): string {
  const block = (lines: readonly string[]): string => `\`\`\`\n${lines.join("\n")}\n\`\`\``;
  const commands = COMMANDS.map((command) => `## ${command.name}\n\n${block(renderCommandHelp(command))}`);
  return [block(renderHelp(COMMANDS)), ...commands].join("\n\n");
}
