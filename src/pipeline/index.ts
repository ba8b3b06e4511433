export { expandAgent, expandPermissions, expandVariables } from "./expand-variables.ts";
export { parsePipelineFile, type ParsedPipelineFile } from "./parse-pipeline-file.ts";
export { parseRovoConfig, type ParsedRovoConfig } from "./parse-rovo-config.ts";
export { type Pipeline, type PipelineFile, type PipelineKind } from "./pipeline-file.ts";
export {
  type AgentDefinition,
  type AgentItem,
  type PipelineVariable,
  type Plan,
  type ScriptItem,
  type ShellItem,
  type Step,
  type StepGroup,
} from "./plan.ts";
export { RULES, type Rule, type RuleId } from "./rules.ts";
export { selectForPush, selectPlan, type Selection } from "./select-plan.ts";
export { playPath, reviewedTextPaths, steeringText, stepDigest } from "./step-digest.ts";
