import { inert, type Json } from "../../base/index.ts";
import { isObject, readMember, type JsonObject } from "../../policy/index.ts";
import { renderTable } from "./render-table.ts";

/** A table of pull requests in Bitbucket's JSON. */
export function renderPullRequests(all: readonly JsonObject[]): readonly string[] {
  if (all.length === 0) return ["no pull request"];
  return renderTable(
    ["#", "state", "title", "from", "into", "author"],
    all.map((one) => [
      textAt(one, "id"),
      textAt(one, "state"),
      textAt(one, "title"),
      textAt(one, "source.branch.name"),
      textAt(one, "destination.branch.name"),
      textAt(one, "author.display_name"),
    ]),
  );
}

/** One line about a pull request: `#1 Title   OPEN · a → main · by alice`. */
export function renderPullRequestLine(one: Json): string {
  const branches = `${textAt(one, "source.branch.name")} → ${textAt(one, "destination.branch.name")}`;
  const parts = [textAt(one, "state"), branches, `by ${textAt(one, "author.display_name")}`];
  return inert(`#${textAt(one, "id")} ${textAt(one, "title")}   ${parts.join(" · ")}`);
}

/** A pull request with its reviews, description, comments and tasks. */
export function renderPullRequest(
  one: Json,
  comments: readonly JsonObject[],
  tasks: readonly JsonObject[],
): readonly string[] {
  const description = textAt(one, "summary.raw") || textAt(one, "description");
  return [
    renderPullRequestLine(one),
    ...renderReviews(one),
    ...(description === "" ? [] : ["", ...renderText(description, "  ")]),
    ...renderSection("comments", comments.flatMap(renderComment)),
    ...renderSection("tasks", tasks.flatMap(renderTask)),
  ];
}

function renderReviews(one: Json): readonly string[] {
  const participants = isObject(one) ? one["participants"] : undefined;
  if (!Array.isArray(participants)) return [];
  const words: Readonly<Record<string, string>> = {
    approved: "approved by",
    changes_requested: "changes requested by",
  };
  return participants.flatMap((participant: Json) => {
    const state = textAt(participant, "state");
    const word = Object.hasOwn(words, state) ? words[state] : undefined;
    return word === undefined ? [] : [inert(`${word} ${textAt(participant, "user.display_name")}`)];
  });
}

function renderSection(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ["", title, ...lines];
}

function renderComment(comment: JsonObject): readonly string[] {
  if (textAt(comment, "deleted") === "true") return [];
  const path = textAt(comment, "inline.path");
  const line = textAt(comment, "inline.to") || textAt(comment, "inline.from");
  const place = path === "" ? "" : ` on ${path}${line === "" ? "" : `:${line}`}`;
  const head = `  ${textAt(comment, "id")} ${textAt(comment, "user.display_name")}${place}`;
  return [inert(head), ...renderText(textAt(comment, "content.raw"), "    ")];
}

function renderTask(task: JsonObject): readonly string[] {
  const head = `  ${textAt(task, "id")} ${textAt(task, "state")} by ${textAt(task, "creator.display_name")}`;
  return [inert(head), ...renderText(textAt(task, "content.raw"), "    ")];
}

/** Text of several lines, inert, with a bar before each, so that none passes for one of ours. */
function renderText(text: string, indent: string): readonly string[] {
  return text.split(/\r?\n/).map((line) => `${indent}│ ${inert(line, "\t")}`);
}

/** The string, number or boolean at a dotted name, as text; empty when there is none. */
export function textAt(value: Json | undefined, name: string): string {
  const member = isObject(value) ? readMember(value, name.split(".")) : undefined;
  return typeof member === "string" || typeof member === "number" || typeof member === "boolean" ? String(member) : "";
}
