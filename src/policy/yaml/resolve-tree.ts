import { isAlias, isMap, isScalar, isSeq, type ParsedNode, type Scalar, type YAMLMap } from "yaml";
import { YAML_LIMITS } from "./limits.ts";
import { quoted, type YamlReport } from "./yaml-report.ts";
import { measured, scalarNode, type Entry, type MapNode, type Node } from "./tree.ts";

/** What one walk over the document carries. */
type Walk = {
  readonly report: YamlReport;
  /** The latest node of each anchor so far; `open` while the walk is inside it. */
  readonly anchors: Map<string, Node | "open">;
  /** Entries that merge keys copied so far: a chain of merges would copy in quadratic time. */
  merged: number;
};

/**
 * Turns the parsed YAML into a `Node`, aliases and merge keys resolved, in time that grows with the text and not with
 * what it expands to (attack 36). Where something is wrong the node is an empty scalar and the report has an error.
 */
export function resolveTree(report: YamlReport, root: ParsedNode): Node {
  return resolveNode({ report, anchors: new Map(), merged: 0 }, root);
}

function resolveNode(walk: Walk, source: ParsedNode): Node {
  const offset = source.range[0];
  if (isAlias(source)) return resolveAlias(walk, source.source, offset);
  if (source.anchor !== undefined) walk.anchors.set(source.anchor, "open");
  const node = withinLimits(walk, resolveContent(walk, source, offset));
  if (source.anchor !== undefined) walk.anchors.set(source.anchor, node);
  return node;
}

function resolveAlias(walk: Walk, name: string, offset: number): Node {
  const target = walk.anchors.get(name);
  if (target === undefined) {
    walk.report.add(
      "unknown-alias",
      offset,
      `no anchor ${quoted(name)} stands before this alias`,
      "define the anchor above",
    );
  } else if (target === "open") {
    walk.report.add(
      "recursive-alias",
      offset,
      `the alias ${quoted(name)} stands inside its own anchor`,
      "name another anchor",
    );
  } else {
    return target;
  }
  return scalarNode(offset);
}

function resolveContent(walk: Walk, source: ParsedNode, offset: number): Node {
  if (isMap(source)) return resolveMap(walk, source, offset);
  if (isSeq(source)) {
    const items = source.items.map((item) => resolveNode(walk, item));
    return { kind: "list", items, offset, ...measured(items) };
  }
  return isScalar(source) ? resolveScalar(walk, source, offset) : scalarNode(offset);
}

function resolveScalar(walk: Walk, source: Scalar.Parsed, offset: number): Node {
  const text = source.source;
  if (text.length > YAML_LIMITS.scalar) {
    const fix = "move it into a file of its own";
    walk.report.add("scalar-too-long", offset, `the value is over ${YAML_LIMITS.scalar} characters`, fix);
    return scalarNode(offset);
  }
  // Escapes in double quotes can spell what the text itself may not hold: neither passes through argv or a digest.
  if (text.includes("\0") || !text.isWellFormed()) {
    walk.report.add("control-character", offset, "the value holds NUL or half a surrogate pair", "remove the escape");
    return scalarNode(offset);
  }
  const { value } = source;
  const plain = typeof value === "number" || typeof value === "boolean" || value === null ? value : text;
  return scalarNode(offset, plain, text);
}

function resolveMap(walk: Walk, source: YAMLMap.Parsed, offset: number): MapNode {
  const own = new Map<string, Entry>();
  const inherited = new Map<string, Entry>();
  for (const pair of source.items) {
    const key = resolveNode(walk, pair.key);
    const value = pair.value === null ? scalarNode(key.offset) : resolveNode(walk, pair.value);
    const at = pair.key.range[0];
    if (key.kind !== "scalar" || isAlias(pair.key) || key.value === null) {
      walk.report.add("bad-key", at, "the key is empty, or no plain text", "write a text as the key");
    } else if (isScalar(pair.key) && pair.key.type === "PLAIN" && key.text === "<<") {
      mergeInto(walk, inherited, value, at);
    } else if (own.has(key.text)) {
      walk.report.add("duplicate-key", at, `the key ${quoted(key.text)} is here twice`, "remove one of them");
    } else {
      own.set(key.text, { offset: at, value });
    }
  }
  const entries = inherited.size === 0 ? own : new Map([...inherited, ...own]);
  return { kind: "map", entries, offset, ...measured([...entries.values()].map((entry) => entry.value)) };
}

/** `<<: *a` or `<<: [*a, *b]`: the earlier map wins over the later, and a map's own keys win over both. */
function mergeInto(walk: Walk, inherited: Map<string, Entry>, value: Node, offset: number): void {
  for (const source of value.kind === "list" ? value.items : [value]) {
    if (source.kind !== "map") {
      walk.report.add(
        "bad-merge",
        offset,
        "the merge key `<<` takes a map or a list of maps",
        "write an alias of a map",
      );
      continue;
    }
    if (walk.merged > YAML_LIMITS.nodes) return;
    walk.merged += source.entries.size;
    if (walk.merged > YAML_LIMITS.nodes) return tooManyNodes(walk, offset);
    for (const [key, entry] of source.entries) if (!inherited.has(key)) inherited.set(key, entry);
  }
}

/** Every node passes here when it is complete, so nothing larger than the limits is ever built upon. */
function withinLimits(walk: Walk, node: Node): Node {
  if (node.size > YAML_LIMITS.nodes) {
    tooManyNodes(walk, node.offset);
    return scalarNode(node.offset);
  }
  if (node.depth > YAML_LIMITS.depth) {
    walk.report.add(
      "too-deep",
      node.offset,
      `lists and maps are nested over ${YAML_LIMITS.depth} deep, aliases counted`,
      "nest less",
    );
    return scalarNode(node.offset);
  }
  return node;
}

function tooManyNodes(walk: Walk, offset: number): void {
  const message = `over ${YAML_LIMITS.nodes} nodes stand here once aliases and merge keys are expanded`;
  walk.report.add("too-many-nodes", offset, message, "use fewer aliases");
}
