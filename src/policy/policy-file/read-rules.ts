import { NO_EXCEPTIONS, type PolicyExceptions, type PolicyRules } from "./policy.ts";
import type { ExceptionsDocument, RulesDocument } from "./policy-schema.ts";

/**
 * What a file, or an override in it, says. An override that names no exceptions leaves those of its file, `parent`; a file
 * that names none lifts nothing.
 */
export function readRules(written: RulesDocument, parent: PolicyRules | null): PolicyRules {
  return {
    scopes: written.scopes ?? null,
    maxTime: written["max-time"] ?? null,
    providers: written.providers ?? null,
    models: written.models ?? null,
    servers:
      written.servers?.map(({ name, url, command }) => ({ name, url: url ?? null, command: command ?? null })) ?? null,
    egress: written.egress?.map(withPort) ?? null,
    boxes: written.boxes ?? null,
    boxProtections: written["box-protections"] ?? [],
    approvers: written.approvers ?? null,
    trustedBranches: written["trusted-branches"] ?? null,
    agentBranches: written["agent-branches"] ?? null,
    closeOpenEgress: written["close-open-egress"] ?? false,
    exceptions: readExceptions(written.exceptions, parent?.exceptions ?? NO_EXCEPTIONS),
  };
}

/** HTTPS, unless the host has a port. */
export function withPort(host: string): string {
  return /:\d+$/u.test(host) ? host : `${host}:443`;
}

function readExceptions(written: ExceptionsDocument | undefined, inherited: PolicyExceptions): PolicyExceptions {
  if (written === undefined) return inherited;
  return {
    authorityFiles: written["authority-files"]?.map((glob) => glob.toLowerCase()) ?? [],
    operations: written.operations ?? [],
    branches: written.branches ?? [],
    buildStatus: written["build-status"] ?? false,
    edges: written.edges ?? [],
    securedVariables: written["secured-variables"] ?? [],
  };
}
