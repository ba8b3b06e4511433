export { type Actor, type Forge, type ForgeAnswer, type GitReply, type GitRequest, type JudgeRefUpdate } from "./forge.ts";
