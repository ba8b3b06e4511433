import { ceilingsFor, parsePolicy, type Ceiling, type Policy } from "../../src/policy/index.ts";

/** The policy that a text is, or the findings as the error. */
export function policyOf(text: string, path = "/etc/sallyport/policy.yml"): Policy {
  const { policy, findings } = parsePolicy(text, path);
  if (policy === null) throw new TypeError(`the test's policy is wrong: ${JSON.stringify(findings)}`);
  return policy;
}

/** What policies cap a repository by. */
export function ceilingsOf(...texts: readonly string[]): readonly Ceiling[] {
  return ceilingsFor(
    texts.map((text, index) => policyOf(text, `/policies/${index}.yml`)),
    "demo/shop",
  );
}
