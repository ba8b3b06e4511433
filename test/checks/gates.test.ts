import { describe, expect, test } from "vitest";
import { deadCodeGate } from "../../scripts/gates/dead-code-gate.ts";
import { formatGate } from "../../scripts/gates/format-gate.ts";
import { judgeResult, type Gate } from "../../scripts/gates/gate.ts";
import { createGeneratedGate } from "../../scripts/gates/generated-gate.ts";
import { houseRulesGate } from "../../scripts/gates/house-rules-gate.ts";
import { layersGate } from "../../scripts/gates/layers-gate.ts";
import { lintGate } from "../../scripts/gates/lint-gate.ts";
import { lockGate } from "../../scripts/gates/lock-gate.ts";
import { typesGate } from "../../scripts/gates/types-gate.ts";
import { CLEAN, laySmallProject } from "./small-project.ts";

/** A lock file of npm's with these packages. */
const lockOf = (packages: object): Files => ({ "package-lock.json": JSON.stringify({ packages }, null, 2) });
const WANTS_NATIVE = { version: "2.0.0", optionalDependencies: { "@a/darwin-arm64": "2.0.0" } };

type Files = Readonly<Record<string, string>>;
/** What is planted, in which files, and what the gate has to say about it. */
type Fault = readonly [what: string, files: Files, said: RegExp];

const generatedGate = createGeneratedGate([{ file: "DOC.md", id: "one", make: () => "made" }]);
const DOC = "# Doc\n\n<!-- generated: one -->\n\nmade\n\n<!-- end -->\n";

const FAULTS: readonly (readonly [gate: Gate, faults: readonly Fault[]])[] = [
  [
    typesGate,
    [
      [
        "a wrong type",
        { "src/base/double.ts": `export function double(value: number): string {\n  return value;\n}\n` },
        /TS2322/,
      ],
      [
        "an enum",
        { "src/base/double.ts": `export enum Double {\n  One,\n}\nexport const double = (n: number): number => n;\n` },
        /TS1294/,
      ],
    ],
  ],
  [
    lintGate,
    [
      [
        "a promise left alone, seen by type",
        { "src/base/alone.ts": `async function wait(): Promise<void> {}\nwait();\n` },
        /no-floating-promises/,
      ],
      [
        "a warning",
        { "src/base/warn.ts": `export const same = (a: unknown, b: unknown): boolean => a == b;\n` },
        /eqeqeq/,
      ],
      ["a default export", { "src/base/def.ts": `export default 1;\n` }, /no-default-export/],
      ["printing outside cli", { "src/base/print.ts": `console.log(1);\n` }, /no-console/],
    ],
  ],
  [
    formatGate,
    [
      ["code", { "src/base/wide.ts": `export const a   = 1;\n` }, /wide\.ts: not formatted/],
      ["a document", { "docs/a.md": `# A\n* b\n` }, /a\.md: not formatted/],
      ["what does not parse", { "docs/a.json": `{` }, /a\.json: not readable/],
    ],
  ],
  [
    deadCodeGate,
    [
      ["a file", { "src/base/dead.ts": `export const dead = 1;\n` }, /files\): src\/base\/dead\.ts/],
      [
        "an export",
        { "src/base/double.ts": `${CLEAN["src/base/double.ts"]}export const unused = 1;\n` },
        /exports\): unused/,
      ],
      ["an undeclared package", { "src/cli/main.ts": `import "zod";\n${CLEAN["src/cli/main.ts"]}` }, /unlisted\): zod/],
    ],
  ],
  [
    layersGate,
    [
      [
        "an import upward",
        { "src/base/up.ts": `import { main } from "../cli/main.ts";\nvoid main;\n` },
        /base may not import cli/,
      ],
      [
        "an import of types",
        { "src/base/up.ts": `import type { main } from "../cli/main.ts";\nexport type M = typeof main;\n` },
        /base may not import cli/,
      ],
      [
        "an import in a type",
        { "src/base/up.ts": `export type M = import("../cli/main.ts").M;\n` },
        /up\.ts:1 base may not import cli/,
      ],
      [
        "a late import",
        { "src/base/up.ts": `export const late = () => import("../cli/main.ts");\n` },
        /base may not import cli/,
      ],
      ["a re-export", { "src/base/up.ts": `export * from "../cli/main.ts";\n` }, /base may not import cli/],
      ["a require", { "src/base/up.ts": `require("../cli/main.ts");\n` }, /base may not import cli/],
      [
        "a computed import",
        { "src/base/up.ts": `export const late = (name: string) => import(name);\n` },
        /computed name/,
      ],
      [
        "past a room's face",
        { "src/cli/past.ts": `import { double } from "../base/double.ts";\nvoid double;\n` },
        /reaches past the face of base/,
      ],
      [
        "a package of another room",
        { "src/base/zod.ts": `import { z } from "zod/v4";\nvoid z;\n` },
        /base may not import the package zod/,
      ],
      ["a built-in without its prefix", { "src/base/fs.ts": `import fs from "fs";\nvoid fs;\n` }, /write node:fs/],
      ["a room that is not in the table", { "src/attic/a.ts": `export const a = 1;\n` }, /not in the import table/],
      ["out of src", { "src/cli/out.ts": `import "../../test/base/double.test.ts";\n` }, /outside src/],
    ],
  ],
  [
    generatedGate,
    [
      ["a stale section", { "DOC.md": DOC.replace("made", "by hand") }, /stale/],
      ["lost markers", { "DOC.md": "# Doc\n" }, /markers of the generated section one are missing/],
      ["a lost document", { "DOC.md": "" }, /markers/],
      [
        "a checker that fails",
        { "scripts/check-seccomp": "echo differs; exit 1\n" },
        /check-seccomp ended with 1: differs/,
      ],
    ],
  ],
  [
    houseRulesGate,
    [
      ["a long file", { "src/base/long.ts": "export {};\n".repeat(251) }, /longer than 250/],
      ["a bag of a folder", { "src/base/utils/a.ts": "export {};\n" }, /says nothing about the domain/],
      ["a bag of a file", { "src/base/helpers.ts": "export {};\n" }, /says nothing about the domain/],
      ["something left to do", { "src/base/todo.ts": `// TODO later\n` }, /left open/],
      ["a focused test", { "test/base/only.test.ts": `test.only("x", () => {});\n` }, /left open/],
      ["a default export", { "src/base/def.ts": `export default 1;\n` }, /default export/],
      ["an enum", { "src/base/enum.ts": `export enum A {\n  B,\n}\n` }, /enum/],
      [
        "an unexplained cast",
        { "src/base/cast.ts": `const a: unknown = 1;\n\nexport const b = a as number;\n` },
        /`as` without/,
      ],
      ["an unexplained !", { "src/base/bang.ts": `const a = [1];\n\nexport const b = a[0]!;\n` }, /`!` without/],
    ],
  ],
  [
    lockGate,
    [
      [
        "a binding that npm left out",
        lockOf({ "node_modules/a": WANTS_NATIVE }),
        /no entry for @a\/darwin-arm64 2\.0\.0/,
      ],
      [
        "a binding of another version",
        lockOf({ "node_modules/a": WANTS_NATIVE, "node_modules/@a/darwin-arm64": { version: "1.0.0" } }),
        /no entry for @a\/darwin-arm64/,
      ],
      [
        "a registry's name",
        lockOf({ "node_modules/a": { resolved: "https://registry.example/a.tgz" } }),
        /names a registry/,
      ],
    ],
  ],
];

describe.each(FAULTS)("gate $id", (gate, faults) => {
  test("passes a clean project, and saw it", async () => {
    await using project = await laySmallProject({ ...CLEAN, "DOC.md": DOC, ...lockOf({ "node_modules/a": {} }) });
    const result = await gate.run(project.root);
    expect(judgeResult(result)).toEqual([]);
    expect(result.inputs).toBeGreaterThan(0);
  });

  test.each(faults)("finds %s", async (_what, files, said) => {
    await using project = await laySmallProject({ ...CLEAN, "DOC.md": DOC, ...files });
    expect(judgeResult(await gate.run(project.root)).join("\n")).toMatch(said);
  });
});

describe("an empty project fails", () => {
  const gates = [...FAULTS.map(([gate]) => gate).filter(({ id }) => id !== "generated"), createGeneratedGate([])];
  test.each(gates.map((gate) => [gate.id, gate] as const))("%s", async (_id, gate) => {
    await using project = await laySmallProject({});
    // Prettier would look at the copied configuration: here there is nothing at all.
    const result = await gate.run(gate.id === "format" ? `${project.root}/nowhere` : project.root);
    expect(result.inputs).toBe(0);
    expect(judgeResult(result).join("\n")).toMatch(/saw no (files|imports|sections|packages)/);
  });
});

test("a cast that is explained passes", async () => {
  const files = {
    "src/base/cast.ts": `const a: unknown = 1;\n// Set in the line above.\nexport const b = a as number;\nexport const c = [1] as const;\n`,
    "src/base/inner.ts": `export function f(a: unknown): number {\n  // The caller checked it.\n  return [\n    a as number,\n  ].length;\n}\n`,
  };
  await using project = await laySmallProject({ ...CLEAN, ...files });
  expect(judgeResult(await houseRulesGate.run(project.root))).toEqual([]);
});
