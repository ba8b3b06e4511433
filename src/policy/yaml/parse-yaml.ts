import { Composer, Lexer, Parser, type CST, type Document } from "yaml";
import { inert } from "../../base/index.ts";
import { YAML_LIMITS } from "./limits.ts";
import type { YamlReport } from "./yaml-report.ts";

/**
 * Parses one YAML document, with every way to make a parser hang or overflow closed (attack 36): nesting is counted
 * token by token before anything recurses, and keys are not compared here, since the library does that in quadratic
 * time. Null when there was an error; the report has it.
 */
export function parseYaml(report: YamlReport, text: string): Document.Parsed | null {
  try {
    const tokens = readTokens(report, text);
    if (tokens === null) return null;
    const options = { uniqueKeys: false, merge: false, resolveKnownTags: false, prettyErrors: false };
    const documents = [...new Composer(options).compose(tokens, true, text.length)];
    return onlyDocument(report, documents, tokens);
  } catch (error) {
    // The library's own fault on hostile text is still only a bad file.
    const reason = error instanceof Error ? inert(error.message) : "unknown reason";
    report.add("yaml-syntax", 0, `the YAML cannot be read: ${reason}`, "write it in a simpler way");
    return null;
  }
}

/** The concrete syntax, or null when it is nested too deep or has too many parts. */
function readTokens(report: YamlReport, text: string): readonly CST.Token[] | null {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let lexemes = 0;
  let errors = 0;
  // `Parser.parse` cannot be stopped half-way; this is its loop, with a look at the stack, which holds one entry for
  // each open list, map and scalar, and one for the document.
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) {
      tokens.push(token);
      if (token.type === "error") errors += 1;
    }
    if (errors > YAML_LIMITS.syntaxFindings) break;
    if (parser.stack.length > YAML_LIMITS.depth + 2) {
      report.add(
        "too-deep",
        parser.offset,
        `lists and maps are nested over ${YAML_LIMITS.depth} deep here`,
        "nest less",
      );
      return null;
    }
    lexemes += 1;
    if (lexemes > YAML_LIMITS.lexemes) {
      const message = `the file has over ${YAML_LIMITS.lexemes} keys, values, marks and line ends up to here`;
      report.add("too-many-nodes", parser.offset, message, "split the file");
      return null;
    }
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}

function onlyDocument(
  report: YamlReport,
  documents: readonly Document.Parsed[],
  tokens: readonly CST.Token[],
): Document.Parsed | null {
  const directive = tokens.find((token) => token.type === "directive");
  if (directive !== undefined) {
    report.add("yaml-directive", directive.offset, "a % directive stands in the file", "remove it");
  }
  const [first, second] = documents;
  for (const error of [...(first?.errors ?? []), ...(first?.warnings ?? [])].slice(0, YAML_LIMITS.syntaxFindings)) {
    if (error.code === "TAG_RESOLVE_FAILED") {
      report.add("unknown-tag", error.pos[0], `a tag cannot be read: ${inert(error.message)}`, "remove the tag");
    } else {
      report.add("yaml-syntax", error.pos[0], inert(error.message), "correct the YAML at this place");
    }
  }
  if (second !== undefined) {
    const fix = "keep one document, without `---` or `...`";
    report.add("multiple-documents", second.range[0], "a second YAML document starts here", fix);
  }
  return report.hasErrors() || first === undefined ? null : first;
}
