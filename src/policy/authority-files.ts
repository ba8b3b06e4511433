import { compileGlob } from "./match-glob.ts";

/**
 * Files that steer a pipeline or an agent: a step's push may not change them (design, rule 3; attacks 8, 38, 41).
 * Compared without regard to case, since some file systems fold it.
 */
export const AUTHORITY_FILES: readonly string[] = [
  "bitbucket-pipelines.{yml,yaml}",
  "{,**/}{agent,agents,claude,gemini,claude.local,agents.local,agents.override}.md",
  "{,**/}.{claude,rovodev,codex,gemini,sallyport,cursor,opencode,windsurf,clinerules,roo,kiro}/**",
  "{,**/}.{mcp,claude}.json",
  "{,**/}mcp.json",
  "{,**/}opencode.{json,jsonc}",
  "{,**/}.{cursorrules,windsurfrules,clinerules}",
  "{,**/}.github/copilot-instructions.md",
  "{,**/}skills/{,**/}skill.md",
];

const MATCHERS = AUTHORITY_FILES.map(compileGlob);

/** True when a push that changes `path` changes who may do what. */
export function isAuthorityFile(path: string): boolean {
  const folded = path.toLowerCase();
  return MATCHERS.some((matches) => matches(folded));
}
