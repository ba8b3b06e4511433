import type { Server } from "node:net";

import type { Agent } from "undici";

import type { Authority } from "../authority/index.ts";
import type { Forge } from "../forge/index.ts";
import { createForgeDoor, type Caller, type Gateway } from "../gateway/index.ts";
import { answerAsProxy } from "./answer-as-proxy.ts";
import { createGitRoute } from "./git-route.ts";
import { DEFAULT_LIMITS, type BrokerLimits } from "./limits.ts";
import { createMcpRoute } from "./mcp-route.ts";
import { createModelRoute } from "./model-route.ts";
import type { ModelEndpoint } from "./model-styles.ts";
import { createPackageRoute } from "./package-route.ts";
import { createRestRoute } from "./rest-route.ts";
import { createMetadataRoute } from "./resource-metadata.ts";
import { createRouter } from "./router.ts";
import { serveDoor, type DoorService } from "./serve-door.ts";

/** What the broker puts behind its doors. */
export type BrokerOptions = {
  readonly authority: Authority;
  readonly forge: Forge;
  readonly gateway: Gateway;
  /** Model providers by the name that grants and `/model/<provider>` use. */
  readonly models: Readonly<Record<string, ModelEndpoint>>;
  /** Told of every fault with its cause; the box sees a fixed sentence. `where` is a method and a route, never content. */
  readonly onFault: (fault: unknown, where: string) => void;
  readonly limits?: Partial<BrokerLimits>;
};

/**
 * The process outside the box that holds every credential and answers for each item of a step (design, sections 2 and 4).
 * One for a run. `serve` may be called for several doors at once; they share nothing but the connections to models.
 */
export interface Broker extends AsyncDisposable {
  /**
   * Answers whoever connects to `door` as `caller`, until closed. The door stays its owner's: it is neither opened nor
   * closed here, but after `close` every connection to it is dropped. `close` resolves when no request is in progress.
   */
  serve(door: Server, caller: Caller, options: { readonly trustedCommit: string }): DoorService;
}

/** Makes a broker. Dispose of it when every door is closed. */
export function createBroker(options: BrokerOptions): Broker {
  const { authority, forge, gateway, models, onFault } = options;
  const limits: BrokerLimits = { ...DEFAULT_LIMITS, ...options.limits };
  let upstream: Promise<Agent> | undefined;
  const forgeDoor = createForgeDoor({ authority, forge });
  const router = createRouter({
    "/mcp": createMcpRoute(gateway, limits),
    "/2.0": createRestRoute(authority, forgeDoor, limits),
    "/git": createGitRoute(authority, forge, limits),
    "/model": createModelRoute({
      authority,
      models,
      upstream: () => (upstream ??= connectUpstream()),
      limits,
      onFault,
    }),
    "/pkg": createPackageRoute(authority),
    "/.well-known": createMetadataRoute(),
  });
  const doors = new Set<DoorService>();

  return {
    serve(door, caller, { trustedCommit }) {
      const service = serveDoor(door, {
        caller,
        trustedCommit,
        limits,
        onFault,
        route: router,
        connect: (target) => answerAsProxy(authority, caller, target),
      });
      doors.add(service);
      return {
        async close() {
          doors.delete(service);
          await service.close();
        },
      };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...doors].map((door) => door.close()));
      await (await upstream)?.destroy();
    },
  };
}

/** Loaded at the first request to a model: a step without one does not wait for it. */
async function connectUpstream(): Promise<Agent> {
  const { Agent } = await import("undici");
  // A model may think for minutes before its first byte, and between two.
  return new Agent({ headersTimeout: 600_000, bodyTimeout: 600_000, connect: { timeout: 10_000 } });
}
