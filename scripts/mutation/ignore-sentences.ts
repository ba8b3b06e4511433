/** The parts of Babel's paths that the rule looks at. */
type NodePath = {
  readonly node: {
    readonly type: string;
    readonly value?: unknown;
    readonly quasis?: readonly { readonly value: { readonly raw: string } }[];
  };
};

/**
 * Leaves out texts with a blank in them: they are sentences for people, whose wording no test should repeat. Words that
 * decide something have none, and stay. Nothing inside a sentence is mutated either.
 */
export const strykerPlugins = [
  {
    kind: "Ignore",
    name: "sentences",
    value: {
      shouldIgnore({ node }: NodePath): string | undefined {
        const text =
          node.type === "StringLiteral" && typeof node.value === "string"
            ? node.value
            : node.type === "TemplateLiteral"
              ? (node.quasis ?? []).map(({ value }) => value.raw).join("")
              : "";
        return /\S \S/u.test(text) ? "a sentence for people" : undefined;
      },
    },
  },
];
