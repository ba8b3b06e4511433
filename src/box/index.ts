export {
  DOOR_PORT,
  type Bind,
  type Box,
  type BoxCommand,
  type BoxExit,
  type BoxLimits,
  type BoxProvider,
  type BoxSpec,
  type Protection,
} from "./box.ts";
export { createBwrapProvider, type BwrapOptions } from "./bwrap/provider.ts";
