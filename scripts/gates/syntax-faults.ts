import { parseSync, Visitor } from "oxc-parser";

/** What is excused in a file. */
export type Excuses = {
  readonly defaultExport: boolean;
  /** Whether every `as` and `!` must carry the sentence that makes it sound. */
  readonly explainCasts: boolean;
};

type Span = { readonly start: number; readonly end: number };

/** Default exports, enums, namespaces, decorators, and casts without a comment; each as `:line what`. */
export function findSyntaxFaults(file: string, source: string, { defaultExport, explainCasts }: Excuses): string[] {
  const { program, comments, errors } = parseSync(file, source);
  if (errors[0] !== undefined) return [`:1 does not parse: ${errors[0].message}`];

  const lineOf = createLineFinder(source);
  const statements: Span[] = [];
  const casts: (Span & { readonly what: string })[] = [];
  const faults: string[] = [];
  const forbid = (what: string) => (node: Span) => void faults.push(`:${lineOf(node.start)} ${what}`);
  const statement = (node: Span): void => void statements.push(node);

  new Visitor({
    ExportDefaultDeclaration: defaultExport ? statement : forbid("default export: name it"),
    TSEnumDeclaration: forbid("enum: use a union or a const table"),
    TSModuleDeclaration: (node) => node.kind !== "global" && !node.declare && forbid("namespace: use a module")(node),
    Decorator: forbid("decorator"),
    ExpressionStatement: statement,
    VariableDeclaration: statement,
    ReturnStatement: statement,
    IfStatement: statement,
    ForOfStatement: statement,
    ThrowStatement: statement,
    PropertyDefinition: statement,
    Property: statement,
    TSNonNullExpression: (node) => void casts.push({ ...node, what: "!" }),
    TSAsExpression: (node) => {
      const isConst = source.slice(node.typeAnnotation.start, node.typeAnnotation.end) === "const";
      if (!isConst) casts.push({ ...node, what: "as" });
    },
  }).visit(program);

  if (explainCasts) {
    const commented = comments.map(({ start, end }) => ({ first: lineOf(start), last: lineOf(end) }));
    for (const cast of casts) {
      const around = statements.filter(({ start, end }) => start <= cast.start && cast.end <= end);
      const first = lineOf(Math.max(cast.start - source.length, ...around.map(({ start }) => start)));
      const from = Math.min(around.length === 0 ? lineOf(cast.start) : first, lineOf(cast.start));
      const explained = commented.some((comment) => comment.last >= from - 1 && comment.first <= lineOf(cast.end));
      if (!explained) faults.push(`:${lineOf(cast.start)} \`${cast.what}\` without the sentence that makes it sound`);
    }
  }
  return faults;
}

function createLineFinder(source: string): (offset: number) => number {
  return (offset) => source.slice(0, offset).split("\n").length;
}
