import { parseSync, Visitor } from "oxc-parser";

/** One import as written: static, `export … from`, dynamic, `import type`, `import("x")` in a type, or `require`. */
export type Import = {
  readonly line: number;
  /** Null where it is computed, so that nobody can say what is imported. */
  readonly specifier: string | null;
};

/** Every import of one module. Throws `SyntaxError` when the file does not parse. */
export function readImports(file: string, source: string): readonly Import[] {
  const { program, errors } = parseSync(file, source);
  if (errors[0] !== undefined) throw new SyntaxError(`${file}: ${errors[0].message}`);

  const imports: Import[] = [];
  const add = (start: number, literal: { readonly type: string; readonly value?: unknown } | null): void => {
    const specifier = literal?.type === "Literal" && typeof literal.value === "string" ? literal.value : null;
    imports.push({ line: source.slice(0, start).split("\n").length, specifier });
  };
  new Visitor({
    ImportDeclaration: (node) => add(node.start, node.source),
    ExportAllDeclaration: (node) => add(node.start, node.source),
    ExportNamedDeclaration: (node) => node.source !== null && add(node.start, node.source),
    ImportExpression: (node) => add(node.start, node.source),
    TSImportType: (node) => add(node.start, node.source),
    CallExpression: (node) => {
      const requires = node.callee.type === "Identifier" && node.callee.name === "require";
      if (requires) add(node.start, node.arguments[0] ?? null);
    },
  }).visit(program);
  return imports;
}
