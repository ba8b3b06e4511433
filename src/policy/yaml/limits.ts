/** What a pipeline file may cost (attack 36). Real files are far below; each limit is a finding, never a hang. */
export const YAML_LIMITS = {
  /** Bytes of UTF-8. */
  fileBytes: 1024 * 1024,
  /** Lists and maps inside each other, aliases counted. */
  depth: 100,
  /** Nodes once aliases and merge keys are expanded. */
  nodes: 100_000,
  /** Lexical parts: keys, values, marks, white space. A real file has about ten a line. */
  lexemes: 250_000,
  /** UTF-16 code units of one value. Below the kernel's limit for one argument, 128 KiB. */
  scalar: 65_536,
  /** Messages about the syntax: after some, the rest only follow from the first. */
  syntaxFindings: 20,
  /** Findings of one file; the rest is counted and left out. */
  findings: 1_000,
} as const;
