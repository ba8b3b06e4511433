export { type Caller, type Gateway } from "./gateway.ts";
