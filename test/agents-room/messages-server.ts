import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { z } from "zod";

/** What the stand-in does in one turn. */
export type Turn =
  { readonly say: string } | { readonly call: string; readonly input: Readonly<Record<string, unknown>> };

/** A request that reached the stand-in. */
export type ModelRequest = {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};

/** What a turn may depend on. */
export type Conversation = {
  /** How many turns the stand-in has already had. */
  readonly turn: number;
  /** The text of the newest tool result, or null. */
  readonly lastResult: string | null;
  /** The names of the tools that the client offers. */
  readonly tools: readonly string[];
};

/** Chooses the next turn. */
export type ModelScript = (conversation: Conversation) => Turn;

export type MessagesServer = AsyncDisposable & {
  readonly url: string;
  readonly requests: readonly ModelRequest[];
  /** The results of tools that the client sent back, oldest first. */
  readonly results: readonly string[];
};

const contentSchema = z.union([
  z.string(),
  z.array(z.looseObject({ type: z.string(), text: z.string().optional(), content: z.unknown().optional() })),
]);
const requestSchema = z.looseObject({
  model: z.string(),
  stream: z.boolean().optional(),
  tools: z.array(z.looseObject({ name: z.string() })).default([]),
  messages: z.array(z.looseObject({ role: z.string(), content: contentSchema })),
});
type MessagesRequest = z.infer<typeof requestSchema>;

/**
 * A stand-in for a model provider: speaks the Messages API on loopback, streamed or whole, and thinks nothing. Each answer
 * comes from `script`. Requests without tools (a client's own side questions) get a short text and count as no turn.
 */
export async function serveMessages(script: ModelScript): Promise<MessagesServer> {
  const requests: ModelRequest[] = [];
  let turn = 0;
  const results: string[] = [];

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url = "", headers } = request;
    const body = await text(request);
    requests.push({ method, url, headers, body });
    const { pathname } = new URL(url, "http://localhost");
    if (method === "POST" && pathname === "/v1/messages/count_tokens")
      return sendJson(response, 200, { input_tokens: 1 });
    const parsed = method === "POST" && pathname === "/v1/messages" ? requestSchema.safeParse(parseJson(body)) : null;
    if (parsed?.success !== true) {
      return sendJson(response, 404, { type: "error", error: { type: "not_found_error", message: "not found" } });
    }
    const message = messageFor(parsed.data, nextTurn(parsed.data));
    if (parsed.data.stream === true) sendEvents(response, message);
    else sendJson(response, 200, message);
  }

  function nextTurn(request: MessagesRequest): Turn {
    if (request.tools.length === 0) return { say: "ok" };
    const found = resultsIn(request);
    results.splice(0, results.length, ...found);
    const chosen = script({ turn, lastResult: found.at(-1) ?? null, tools: request.tools.map(({ name }) => name) });
    turn += 1;
    return chosen;
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("not a TCP server");
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    results,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

function resultsIn({ messages }: MessagesRequest): string[] {
  const blocks = messages.flatMap(({ content }) => (typeof content === "string" ? [] : content));
  return blocks.flatMap((block) => (block.type === "tool_result" ? [resultText(block.content)] : []));
}

function resultText(content: unknown): string {
  const parsed = contentSchema.safeParse(content);
  if (!parsed.success) return "";
  return typeof parsed.data === "string" ? parsed.data : parsed.data.map((block) => block.text ?? "").join("\n");
}

type Message = ReturnType<typeof messageFor>;

function messageFor({ model }: MessagesRequest, turn: Turn) {
  const id = `msg_${Math.random().toString(36).slice(2)}`;
  const content =
    "say" in turn
      ? ({ type: "text", text: turn.say } as const)
      : ({ type: "tool_use", id: `toolu_${id.slice(4)}`, name: turn.call, input: turn.input } as const);
  return {
    id,
    type: "message",
    role: "assistant",
    model,
    content: [content],
    stop_reason: "say" in turn ? "end_turn" : "tool_use",
    stop_sequence: null,
    usage: { input_tokens: 1, output_tokens: 1 },
  };
}

/** The same message as events: start, one content block in two pieces, delta, stop. */
function sendEvents(response: ServerResponse, message: Message): void {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  const send = (type: string, data: object): void => {
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  };
  const { stop_reason, stop_sequence, usage, content } = message;
  send("message_start", { message: { ...message, content: [], stop_reason: null } });
  for (const [index, block] of content.entries()) {
    const start = block.type === "text" ? { ...block, text: "" } : { ...block, input: {} };
    send("content_block_start", { index, content_block: start });
    for (const delta of deltasOf(block)) send("content_block_delta", { index, delta });
    send("content_block_stop", { index });
  }
  send("message_delta", { delta: { stop_reason, stop_sequence }, usage: { output_tokens: usage.output_tokens } });
  send("message_stop", {});
  response.end();
}

function deltasOf(block: Message["content"][number]): readonly object[] {
  const whole = block.type === "text" ? block.text : JSON.stringify(block.input);
  const middle = Math.ceil(whole.length / 2);
  return [whole.slice(0, middle), whole.slice(middle)].map((piece) =>
    block.type === "text" ? { type: "text_delta", text: piece } : { type: "input_json_delta", partial_json: piece },
  );
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}
