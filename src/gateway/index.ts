export { createForgeDoor, type ForgeDoor } from "./forge-door.ts";
export { createGateway, type GatewayParts } from "./create-gateway.ts";
export { type Caller, type Gateway } from "./gateway.ts";
