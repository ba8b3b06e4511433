/**
 * Matches a name against Bitbucket's globs: `*` within a path segment, `**` across segments, `?`, and `{a,b}`.
 * Everything else is literal. Linear in practice: the expression has no nested repetition.
 */
export function matchGlob(glob: string, name: string): boolean {
  return compile(glob).test(name);
}

const TOKENS = /\*\*\/?|\*|\?|\{|\}|,|[^*?{},]+/g;

function compile(glob: string): RegExp {
  let depth = 0;
  let source = "";
  for (const [token] of glob.matchAll(TOKENS)) {
    if (token === "**/") source += "(?:.*/)?";
    else if (token === "**") source += ".*";
    else if (token === "*") source += "[^/]*";
    else if (token === "?") source += "[^/]";
    else if (token === "{") {
      depth += 1;
      source += "(?:";
    } else if (token === "}" && depth > 0) {
      depth -= 1;
      source += ")";
    } else if (token === "," && depth > 0) source += "|";
    else source += token.replaceAll(/[\\^$.|+()[\]{}]/g, "\\$&");
  }
  // An unclosed brace matches nothing rather than something that nobody meant.
  return depth === 0 ? new RegExp(`^(?:${source})$`, "su") : /$^/;
}
