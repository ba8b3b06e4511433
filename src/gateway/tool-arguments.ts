/** What an argument is for, and what it may hold. */
export type ArgumentText = {
  readonly description: string;
  /** The only values that it may have. */
  readonly values?: readonly string[];
  /** True for prose, which may hold line breaks and any other character but NUL. */
  readonly prose?: boolean;
};

/** What the arguments of the tools mean, by name; a tool's own row may say it more exactly. */
export const ARGUMENT_TEXTS: Readonly<Record<string, ArgumentText>> = {
  pullRequestId: { description: "The pull request's number in this repository." },
  commentId: { description: "The comment's id." },
  taskId: { description: "The task's id." },
  page: { description: "Which page of the list, counted from 1." },
  pagelen: { description: "How many entries a page has." },
  title: { description: "The pull request's title, one line." },
  description: { description: "The pull request's description, Markdown.", prose: true },
  sourceBranch: { description: "The branch that has the changes; push it first with git." },
  destinationBranch: { description: "The branch to merge into; the default branch unless given." },
  closeSourceBranch: { description: "Whether merging deletes the source branch." },
  draft: { description: "Whether it is a draft, not ready for review." },
  content: { description: "The text, Markdown.", prose: true },
  path: { description: "A file's path from the root of the repository." },
  line: { description: "The line in the new version of the file." },
  fromLine: { description: "The line in the old version of the file." },
  parentId: { description: "The id of the comment that this one answers." },
  commit: { description: "A commit's hash, or the name of a branch or tag without a slash." },
  revision: { description: "Where the history starts: a commit's hash, or the name of a branch or tag." },
  pipelineUuid: { description: "The pipeline's UUID, in braces." },
  stepUuid: { description: "The step's UUID, in braces." },
};
