import { SallyportError } from "../base/index.ts";
import type { BoxProvider } from "../box/index.ts";
import type { Plan } from "../pipeline/index.ts";
import type { Ceiling } from "../policy/index.ts";

/**
 * Refuses a run that a ceiling forbids as a whole: an agent by a provider that is not allowed, a box that is not good
 * enough, a machine without a protection that it must have. Throws `refused`, before anything was made.
 */
export async function checkCeilings(
  plan: Plan,
  ceilings: readonly Ceiling[],
  boxes: Pick<BoxProvider, "name" | "probe">,
): Promise<void> {
  const wanted = ceilings.some(({ rules }) => rules.boxProtections.length > 0);
  const protections = wanted ? await boxes.probe() : [];
  const available = new Set(protections.filter((one) => one.available).map(({ id }) => id));
  for (const { policy, rules } of ceilings) {
    if (rules.boxes !== null && !rules.boxes.includes(boxes.name)) {
      throw refused(`${policy} allows no ${boxes.name} box; it allows ${rules.boxes.join(", ") || "none"}`);
    }
    const missing = rules.boxProtections.find((id) => !available.has(id));
    if (missing !== undefined) {
      throw refused(
        `${policy} demands the protection ${missing}, which this machine does not have; see \`sallyport doctor\``,
      );
    }
    const { providers } = rules;
    if (providers !== null) checkProviders(plan, policy, providers);
  }
}

function checkProviders(plan: Plan, policy: string, providers: readonly string[]): void {
  for (const step of plan.steps) {
    for (const part of step.script) {
      if (part.kind !== "agent" || providers.includes(part.agent.provider)) continue;
      const { name, provider } = part.agent;
      throw refused(
        `step ${step.number} runs the agent ${name} by ${provider}, which ${policy} does not allow; ` +
          `it allows ${providers.join(", ") || "none"}`,
      );
    }
  }
}

function refused(reason: string): SallyportError {
  return new SallyportError("refused", `${reason}.`);
}
