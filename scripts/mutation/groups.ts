/** Files whose mutants the same tests should kill; apart, so that each mutant meets few tests. */
export type MutationGroup = {
  /** Globs without braces, since their list is joined by commas. */
  readonly mutate: readonly string[];
  readonly tests: readonly string[];
};

/**
 * The rows of `src/policy/operations` are data, which the oracles of `test/policy` hold: they are not mutated, and neither
 * are other tables that are built when a module loads.
 */
export const MUTATION_GROUPS: Readonly<Record<string, MutationGroup>> = {
  authority: {
    mutate: [
      "src/policy/authorize.ts",
      "src/policy/arguments.ts",
      "src/policy/lifted.ts",
      "src/policy/scope.ts",
      "src/policy/authority-files.ts",
      "src/policy/grant.ts",
      "src/policy/operations.ts",
      "src/policy/tool-permissions.ts",
      "src/policy/policy-file/apply-ceilings.ts",
      "src/policy/policy-file/ceilings.ts",
    ],
    tests: [
      "test/policy/{denials,scope,authorize,names}.test.ts",
      "test/policy-file/{ceilings,apply-ceilings}.test.ts",
      "test/policy/permissions/*.test.ts",
    ],
  },
  calls: {
    mutate: [
      "src/policy/forge-call.ts",
      "src/policy/rest-route.ts",
      "src/policy/route-index.ts",
      "src/policy/match-glob.ts",
      "src/policy/operations/row.ts",
    ],
    tests: ["test/policy/{forge-call,rest-call,rest-route,route-index,match-glob,names}.test.ts"],
  },
  permissions: {
    mutate: ["src/policy/permissions/*.ts"],
    tests: ["test/policy/permissions/*.test.ts", "test/policy/{authorize,denials}.test.ts"],
  },
  "policy-file": {
    mutate: [
      "src/policy/policy-file/find-widenings.ts",
      "src/policy/policy-file/parse-policy.ts",
      "src/policy/policy-file/policy-schema.ts",
      "src/policy/policy-file/read-rules.ts",
    ],
    tests: ["test/policy-file/{parse-policy,policy-keys,finding-places,ceilings}.test.ts"],
  },
  yaml: {
    mutate: ["src/policy/yaml/*.ts"],
    tests: ["test/policy-file/{parse-policy,policy-keys}.test.ts", "test/pipeline/{cases,hostile}.test.ts"],
  },
  token: { mutate: ["src/token/*.ts"], tests: ["test/token/*.test.ts"] },
};
