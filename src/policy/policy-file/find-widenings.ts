import { canonicalJson } from "../../base/index.ts";
import { matchGlob } from "../match-glob.ts";
import { quoted } from "../yaml/yaml-report.ts";
import type { DocumentFault } from "./parse-policy.ts";
import type { Path, PolicyDocument, RulesDocument } from "./policy-schema.ts";
import { withPort } from "./read-rules.ts";

/** Lists of which an override may keep a part, with what makes an entry of its own part of the file's. */
const LISTS = {
  scopes: equal,
  providers: equal,
  models: equal,
  servers: equal,
  egress: (parent, own) => covers(withPort(String(parent)), withPort(String(own))),
  boxes: equal,
  approvers: equal,
  "trusted-branches": equal,
  "agent-branches": (parent, own) => covers(String(parent), String(own)),
} as const satisfies Partial<Record<keyof RulesDocument, (parent: unknown, own: unknown) => boolean>>;

const EXCEPTIONS = {
  "authority-files": (parent, own) => covers(String(parent).toLowerCase(), String(own).toLowerCase()),
  operations: equal,
  branches: (parent, own) => covers(String(parent), String(own)),
  edges: equal,
  "secured-variables": equal,
} as const satisfies Record<string, (parent: unknown, own: unknown) => boolean>;

/**
 * Entries of overrides that the file itself does not allow. They would have no effect, since rules intersect; whoever wrote
 * them believes otherwise, so they are errors.
 */
export function findWidenings(document: PolicyDocument): readonly DocumentFault[] {
  return Object.entries(document.repositories ?? {}).flatMap(([name, rules]) => {
    const path = ["repositories", name];
    return [
      ...widenedLists(document, rules, path),
      ...widenedExceptions(document, rules, [...path, "exceptions"]),
      ...widenedTime(document, rules, path),
    ];
  });
}

function widenedLists(parent: RulesDocument, own: RulesDocument, path: Path): readonly DocumentFault[] {
  return Object.entries(LISTS).flatMap(([key, isPart]) => {
    // The keys of the table are keys of the rules whose values are lists.
    const [allowed, wanted] = [parent, own].map((rules) => rules[key as keyof typeof LISTS]);
    return allowed === undefined ? [] : beyond(allowed, wanted ?? [], isPart, [...path, key]);
  });
}

/** What the file does not lift no override lifts. */
function widenedExceptions(parent: RulesDocument, own: RulesDocument, path: Path): readonly DocumentFault[] {
  const lists = Object.entries(EXCEPTIONS).flatMap(([key, isPart]) => {
    // As above: these are the exceptions that are lists.
    const [lifted, wanted] = [parent, own].map(({ exceptions }) => exceptions?.[key as keyof typeof EXCEPTIONS] ?? []);
    return beyond(lifted ?? [], wanted ?? [], isPart, [...path, key]);
  });
  const status = own.exceptions?.["build-status"] === true && parent.exceptions?.["build-status"] !== true;
  return status ? [...lists, fault([...path, "build-status"], "true")] : lists;
}

function widenedTime(parent: RulesDocument, own: RulesDocument, path: Path): readonly DocumentFault[] {
  const [most, wanted] = [parent["max-time"] ?? Infinity, own["max-time"] ?? 0];
  return wanted > most ? [fault([...path, "max-time"], String(wanted))] : [];
}

function beyond(
  allowed: readonly unknown[],
  wanted: readonly unknown[],
  isPart: (parent: unknown, own: unknown) => boolean,
  path: Path,
): readonly DocumentFault[] {
  return wanted.flatMap((own, index) =>
    allowed.some((parent) => isPart(parent, own))
      ? []
      : [fault([...path, index], typeof own === "string" ? own : canonicalJson(own))],
  );
}

function fault(path: Path, value: string): DocumentFault {
  return {
    path,
    rule: "override-widens",
    message: `${quoted(value)} is more than the file itself allows`,
    fix: "remove it, or allow it in the file too: the rules of a repository can only narrow",
  };
}

function equal(parent: unknown, own: unknown): boolean {
  return canonicalJson(parent) === canonicalJson(own);
}

/** A plain name, or a narrower glob that is written as a part of the wider one. */
function covers(parent: string, own: string): boolean {
  return parent === own || matchGlob(parent, own);
}
