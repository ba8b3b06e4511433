import { argumentFault } from "./arguments.ts";
import type { Decision, Denial, Gate } from "./decision.ts";
import { matchGlob } from "./match-glob.ts";
import type { Grant } from "./grant.ts";
import { isOutsideAgentBranches, liftsAuthorityFile, liftsBranch, liftsHumanGate, liftsOperation } from "./lifted.ts";
import type { Operation } from "./operation.ts";
import { explainResolution, permissionOf, resolvePermission, ruleOf } from "./permissions/resolve-permission.ts";
import type { RefUpdate, Resource } from "./resource.ts";
import type { Permission } from "./tool-permissions.ts";

/** What a decision depends on besides the grant and the request. */
export type DecisionContext = {
  /** Milliseconds since the epoch, by the broker's clock. */
  readonly now: number;
  /** How many calls of the operation's tool this step was allowed already, by all doors together. */
  readonly calls: number;
};

/**
 * May a holder of `grant` do `operation` on `resource`? Pure: the same question has the same answer. Asks the gates in
 * the order of `GATES` and reports the first that is shut (design, section 5).
 */
export function authorize(grant: Grant, operation: Operation, resource: Resource, context: DecisionContext): Decision {
  return (
    checkToken(grant, context) ??
    checkRepository(grant, operation, resource) ??
    checkHumanGate(grant, operation, resource) ??
    checkScopes(grant, operation) ??
    checkTool(grant, operation, resource, context) ??
    checkRefUpdate(grant, resource.refUpdate) ??
    checkDestination(grant, operation, resource) ??
    checkModel(grant, operation, resource) ?? { allow: true, ask: governing(grant, operation) === "ask" }
  );
}

function deny(gate: Gate, reason: string, needs: Denial["needs"]): Denial {
  return { allow: false, gate, reason, needs };
}

function checkToken(grant: Grant, { now }: DecisionContext): Denial | null {
  if (now < grant.expiresAt) return null;
  return deny("token", "the step's time is over", { change: "give the step a longer max-time" });
}

function checkRepository(grant: Grant, { outside }: Operation, { repository }: Resource): Denial | null {
  if (outside !== null) {
    return deny("repository", outside, { change: "a person does this; a token never reaches beyond its repository" });
  }
  if (repository === null || repository === grant.repository) return null;
  return deny("repository", `this step may see ${grant.repository} only`, {
    change: "run the step in that repository; a token never names two",
  });
}

function checkHumanGate(grant: Grant, operation: Operation, resource: Resource): Denial | null {
  if (operation.humanGate !== null && !liftsHumanGate(grant, operation)) {
    return deny("human-gate", operation.humanGate, { change: "a person does this; no scope or permission opens it" });
  }
  if (!operation.ownOnly || resource.createdByAgent === true) return null;
  return deny("human-gate", "only what an agent of this repository created may be changed", {
    change: "a person changes what people wrote",
  });
}

function checkScopes(grant: Grant, operation: Operation): Denial | null {
  if (operation.scopes.every((scope) => grant.scopes.includes(scope))) return null;
  const missing = operation.scopes.filter((scope) => !grant.scopes.includes(scope));
  const change = grant.reviewed
    ? `add ${missing.join(" and ")} to auth.system.scopes of the step`
    : "the step is not in the trusted file as written, so it has implicit read only; have it reviewed and merged";
  return deny("scope", `needs ${missing.join(" and ")}`, { scopes: operation.scopes, change });
}

/** The permission that governs an operation: its tool's, or whether it needs none (design, rule 5). */
function governing(grant: Grant, operation: Operation): Permission {
  if (operation.tool === null) {
    return grant.agentStep && !operation.openToAgents && !liftsOperation(grant, operation) ? "deny" : "allow";
  }
  return permissionOf(grant.tools, operation.tool, null);
}

function checkTool(grant: Grant, operation: Operation, resource: Resource, { calls }: DecisionContext): Denial | null {
  if (governing(grant, operation) === "deny") {
    return operation.tool === null
      ? deny("tool", `no tool covers ${operation.id}, so a step with an agent may not do it`, {
          change: "do it in a step without an agent",
        })
      : deny(
          "tool",
          `${operation.tool} is denied to this agent ${explainResolution(resolvePermission(grant.tools, operation.tool))}`,
          { change: `allow ${operation.tool} under toolPermissions` },
        );
  }
  const rule = operation.tool === null ? undefined : ruleOf(grant.tools, operation.tool);
  if (rule === undefined) return null;
  for (const [name, pin] of Object.entries(rule.arguments ?? {})) {
    const fault = argumentFault(name, resource.arguments[name], pin);
    if (fault !== null)
      return deny("argument", fault, { change: `change the rule of ${operation.tool} under toolPermissions` });
  }
  if (rule.maxCalls !== undefined && calls >= rule.maxCalls) {
    return deny("budget", `${operation.tool} may be called ${rule.maxCalls} times in a step`, {
      change: `raise max-calls of ${operation.tool}`,
    });
  }
  return null;
}

function checkRefUpdate(grant: Grant, update: RefUpdate | undefined): Denial | null {
  if (update === undefined) return null;
  const branch = /^refs\/heads\/(?<name>.+)$/u.exec(update.ref)?.groups?.["name"];
  const tag = update.ref.startsWith("refs/tags/");
  if (branch === undefined && !tag)
    return deny("branch", `${update.ref} is neither a branch nor a tag`, { change: "push to a branch" });
  if (update.kind === "delete") return deny("branch", "a step never deletes a ref", { change: "a person deletes it" });
  if (update.kind === "force") return deny("branch", "a step never rewrites a ref", { change: "push to a new branch" });
  if (tag && update.kind !== "create") return deny("branch", "a step never moves a tag", { change: "push a new tag" });
  if (branch !== undefined && isOutsideAgentBranches(grant, branch)) {
    return deny("branch", `${branch} is not a branch that policy lets agents write`, {
      change: "push to one that agent-branches of the policy name",
    });
  }
  if (
    branch !== undefined &&
    grant.protectedBranches.some((glob) => matchGlob(glob, branch)) &&
    !liftsBranch(grant, branch)
  ) {
    return deny("branch", `${branch} is protected from steps`, {
      change: "push another branch and open a pull request",
    });
  }
  const file = update.authorityFiles.find((path) => !liftsAuthorityFile(grant, path));
  if (file === undefined) return null;
  return deny("authority-file", `${file} says who may do what, so a step may not change it`, {
    change: "a person commits it",
  });
}

function checkDestination(grant: Grant, operation: Operation, { destination }: Resource): Denial | null {
  if (operation.id !== "network.connect" && operation.id !== "package.get") return null;
  if (destination !== undefined && grant.egress.includes(destination)) return null;
  return deny(
    "egress",
    grant.egress.length === 0 ? "this step may reach nothing" : "the host is not on this step's list",
    { change: "no egress is granted in this version" },
  );
}

function checkModel(grant: Grant, operation: Operation, { model }: Resource): Denial | null {
  if (operation.id !== "model.call" || (model !== undefined && grant.models.includes(model))) return null;
  return deny("model", "this item has no model", { change: "call a model from an agent item, by its own provider" });
}
