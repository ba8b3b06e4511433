/**
 * The file's YAML with aliases and merge keys resolved. A node that is named by an alias is one shared object, so the
 * tree costs no more than the text. `offset` counts UTF-16 code units from the start of the text.
 */
export type Node = MapNode | ListNode | ScalarNode;

/** `size` counts nodes and `depth` levels, through aliases, the node itself included. */
type Measure = { readonly size: number; readonly depth: number };

export type MapNode = Measure & {
  readonly kind: "map";
  readonly offset: number;
  readonly entries: ReadonlyMap<string, Entry>;
};

/** A key's place and its value. */
export type Entry = { readonly offset: number; readonly value: Node };

export type ListNode = Measure & { readonly kind: "list"; readonly offset: number; readonly items: readonly Node[] };

export type ScalarNode = Measure & {
  readonly kind: "scalar";
  readonly offset: number;
  /** As YAML 1.2 reads it. */
  readonly value: string | number | boolean | null;
  /** As it is written, escapes and folding resolved: what a text field takes, so that `1.10` stays `1.10`. */
  readonly text: string;
};

/** A scalar; without a value it is the empty one. */
export function scalarNode(offset: number, value: ScalarNode["value"] = null, text = ""): ScalarNode {
  return { kind: "scalar", offset, value, text, size: 1, depth: 1 };
}

/** Size and depth of a list or map over `children`. */
export function measured(children: readonly Node[]): Measure {
  let size = 1;
  let depth = 0;
  for (const child of children) {
    size += child.size;
    depth = Math.max(depth, child.depth);
  }
  return { size, depth: depth + 1 };
}

/** What a node is, in the words of a message. */
export function kindOf(node: Node): string {
  if (node.kind === "map") return "a map";
  if (node.kind === "list") return "a list";
  if (node.value === null) return "nothing";
  if (typeof node.value === "string") return "a text";
  return typeof node.value === "number" ? "a number" : "true or false";
}

/** A node as plain data. Keys become own properties, also `__proto__`. */
export function toPlain(node: Node): unknown {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(toPlain);
  return Object.fromEntries([...node.entries].map(([key, entry]) => [key, toPlain(entry.value)]));
}
