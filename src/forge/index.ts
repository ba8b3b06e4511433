export {
  type Actor,
  type Forge,
  type ForgeAnswer,
  type GitEnd,
  type GitReply,
  type GitRequest,
  type JudgeRefUpdate,
} from "./forge.ts";
export { createEmbeddedForge, type EmbeddedForge, type EmbeddedForgeOptions } from "./embedded/embedded-forge.ts";
export { type Imported } from "./embedded/import-repository.ts";
export { forgeMigrations } from "./embedded/migrations.ts";
export { type PipelineRecords } from "./embedded/pipeline-records.ts";
export { createRunRecords } from "./embedded/run-records.ts";
export { type Repositories } from "./embedded/repositories.ts";
export { type Snapshot } from "./embedded/snapshot.ts";
