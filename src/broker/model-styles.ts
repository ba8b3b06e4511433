import type { Secret } from "../base/index.ts";

/** A model provider as the composition root knows it. */
export type ModelEndpoint = {
  readonly style: ModelStyle;
  /** Such as `https://api.anthropic.com`; a path is kept in front of the request's own. */
  readonly baseUrl: string;
  /** The key, or null when nobody has logged in. Asked for each call; never enters a box. */
  credential(): Promise<Secret | null>;
};

/** How a provider's API is spoken. */
export type ModelStyle = "anthropic" | "openai";

/** What a step may ask of an API of that style, and how the key goes into a request. */
export type StyleRules = {
  /** Method and path, exactly. Files, batches, background jobs and administration are not on the list (attack 43). */
  readonly requests: ReadonlySet<string>;
  /** Request headers passed on, besides content-type, content-length, accept and user-agent. */
  readonly headers: ReadonlySet<string>;
  authHeaders(key: string): Readonly<Record<string, string>>;
};

export const MODEL_STYLES: Readonly<Record<ModelStyle, StyleRules>> = {
  // https://docs.anthropic.com/en/api/overview
  anthropic: {
    requests: new Set(["POST /v1/messages", "POST /v1/messages/count_tokens", "GET /v1/models"]),
    headers: new Set(["anthropic-version", "anthropic-beta", "anthropic-dangerous-direct-browser-access", "x-app"]),
    // A subscription's token is a bearer, an API key has a header of its own.
    authHeaders: (key) => (key.startsWith("sk-ant-oat") ? { authorization: `Bearer ${key}` } : { "x-api-key": key }),
  },
  // https://platform.openai.com/docs/api-reference
  openai: {
    requests: new Set(["POST /v1/responses", "POST /v1/chat/completions", "GET /v1/models"]),
    headers: new Set(["openai-beta", "originator", "session_id", "conversation_id"]),
    authHeaders: (key) => ({ authorization: `Bearer ${key}` }),
  },
};
