export { createBroker, type Broker, type BrokerOptions } from "./broker.ts";
export { type BrokerLimits } from "./limits.ts";
export { type ModelEndpoint, type ModelStyle } from "./model-styles.ts";
export { type DoorService } from "./serve-door.ts";
