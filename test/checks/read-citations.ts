import { parseSync, Visitor, type Expression } from "oxc-parser";

/** One requirement that a test cites. */
export type Citation = { readonly id: string; readonly line: number };

const ID = /\b(?:attack \d+|rule \d+|[TMHA]\d+)\b/g;
const COMMENT = /^\s*cites: /;

/** The requirements cited in the titles of `test`, `it` and `describe`, and in `// cites:` comments, of one test file. */
export function readCitations(file: string, source: string): readonly Citation[] {
  const { program, comments, errors } = parseSync(file, source);
  if (errors[0] !== undefined) throw new SyntaxError(`${file}: ${errors[0].message}`);

  const texts: { readonly text: string; readonly start: number }[] = comments
    .filter(({ value }) => COMMENT.test(value))
    .map(({ value, start }) => ({ text: value, start }));
  new Visitor({
    CallExpression: ({ callee, arguments: [title], start }) => {
      if (!["test", "it", "describe"].includes(rootName(callee))) return;
      if (title?.type === "Literal" && typeof title.value === "string") texts.push({ text: title.value, start });
      if (title?.type === "TemplateLiteral") {
        texts.push({ text: title.quasis.map(({ value }) => value.raw).join("…"), start });
      }
    },
  }).visit(program);
  return texts.flatMap(({ text, start }) =>
    (text.match(ID) ?? []).map((id) => ({ id, line: source.slice(0, start).split("\n").length })),
  );
}

/** `test` of `test(…)`, `test.skipIf(…)(…)`, `test.each(…)(…)`. */
function rootName(callee: Expression): string {
  if (callee.type === "Identifier") return callee.name;
  if (callee.type === "MemberExpression") return rootName(callee.object);
  return callee.type === "CallExpression" ? rootName(callee.callee) : "";
}
