import { spawnSync } from "node:child_process";
import { Duplex, Readable } from "node:stream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readCgiHead } from "../../src/forge/embedded/cgi-head.ts";
import { isBranchName, isRefName } from "../../src/forge/embedded/git/ref-name.ts";
import { normalisePath, parseTree } from "../../src/forge/embedded/git/tree.ts";
import { answerHook, type PushRequest, type Verdict } from "../../src/forge/embedded/hook-dialogue.ts";
import { isRepositoryName } from "../../src/forge/embedded/repository-name.ts";

describe("ref names", () => {
  const parts = fc.constantFrom(
    "a",
    "b",
    "/",
    ".",
    "..",
    "-",
    "@",
    "{",
    "@{",
    ".lock",
    "~",
    "^",
    ":",
    "?",
    "*",
    "[",
    "\\",
    " ",
    "\t",
    "\n",
    "\u007f",
    "é",
    "HEAD",
    "//",
    "lock",
  );
  test("are those of git check-ref-format", () => {
    const names = fc.sample(
      fc.array(parts, { maxLength: 6 }).map((list) => `refs/heads/${list.join("")}`),
      150,
    );
    for (const name of new Set(names)) {
      const { status } = spawnSync("git", ["check-ref-format", name]);
      expect([name, isRefName(name)]).toEqual([name, status === 0]);
    }
  });

  test("branches are those of git check-ref-format --branch, but for HEAD and git's own shorthands", () => {
    const names = fc.sample(
      fc.array(parts, { maxLength: 5 }).map((list) => list.join("")),
      100,
    );
    for (const name of new Set(["-x", "--all", "HEAD", "@", "", ...names])) {
      if (name === "@" || name.startsWith("@{")) continue;
      const { status } = spawnSync("git", ["check-ref-format", "--branch", name]);
      expect([name, isBranchName(name)]).toEqual([name, status === 0 && name !== "HEAD"]);
    }
  });

  test("a NUL or 1,001 bytes are none", () => {
    expect(isRefName("refs/heads/a\0b")).toBe(false);
    expect(isRefName(`refs/heads/${"é".repeat(500)}`)).toBe(false);
  });
});

test("repository names are never another path", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("a", "B", "/", ".", "-", "_", "%", "\0", "\n", "git", " "), maxLength: 12 }),
      (name) => {
        if (!isRepositoryName(name)) return;
        expect(name).toMatch(/^[a-z0-9_][a-z0-9_.-]*\/[a-z0-9_][a-z0-9_.-]*$/u);
        expect(name).not.toContain("..");
      },
    ),
  );
});

test("tree objects are read as they were written", () => {
  const entry = fc.record({
    mode: fc.constantFrom("100644", "100755", "120000", "160000", "40000"),
    name: fc.string({ minLength: 1 }).filter((name) => !/[\0/]/u.test(name)),
    id: fc.stringMatching(/^[0-9a-f]{40}$/u),
  });
  fc.assert(
    fc.property(fc.array(entry), (entries) => {
      const bytes = Buffer.concat(
        entries.flatMap(({ mode, name, id }) => [Buffer.from(`${mode} ${name}\0`), Buffer.from(id, "hex")]),
      );
      expect(parseTree(bytes, 20)).toEqual(entries);
    }),
  );
});

test("paths lead nowhere outside", () => {
  expect(["a/b", "./a//b/", "a b"].map(normalisePath)).toEqual(["a/b", "a/b", "a b"]);
  expect(["", ".", "/a", "..", "a/../b", "a\0", "a/.."].map(normalisePath)).toEqual(
    Array.from({ length: 7 }, () => null),
  );
});

describe("CGI heads", () => {
  test("are read whatever the chunks, and the body is left", async () => {
    const text = "Status: 403 Forbidden\r\nContent-Type: text/plain\r\n\r\nbody\r\n\r\nmore";
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: text.length - 1 })), async (cuts) => {
        const points = [0, ...new Set(cuts.toSorted((a, b) => a - b)), text.length];
        const chunks = points.slice(1).map((end, index) => Buffer.from(text.slice(points[index], end)));
        const stream = Readable.from(chunks, { objectMode: false });
        expect(await readCgiHead(stream)).toEqual({ status: 403, headers: { "content-type": "text/plain" } });
        const rest: Buffer[] = [];
        for await (const chunk of stream) rest.push(chunk as Buffer);
        expect(Buffer.concat(rest).toString()).toBe("body\r\n\r\nmore");
      }),
      { numRuns: 30 },
    );
  });

  test("that never end, or are too long, are faults", async () => {
    await expect(readCgiHead(Readable.from([Buffer.from("Status: 200")]))).rejects.toThrow("ended before");
    await expect(readCgiHead(Readable.from([Buffer.alloc(70_000, "a")]))).rejects.toThrow("no end");
  });
});

describe("the dialogue with the hook", () => {
  const ID = "1".repeat(40);
  const ZERO = "0".repeat(40);

  /** What the hook would read after saying `text`, and what the judge was asked. */
  async function converse(
    text: string | Buffer,
    verdict: Verdict = { allow: true },
  ): Promise<{ said: string; asked: PushRequest[] }> {
    const asked: PushRequest[] = [];
    let said = "";
    const channel = new Duplex({
      read() {
        this.push(text);
        this.push(null);
      },
      write(chunk: Buffer, _encoding, done) {
        said += chunk.toString();
        done();
      },
    });
    await answerHook(channel, async (push) => {
      asked.push(push);
      return verdict;
    });
    return { said, asked };
  }

  test("asks once, with what the hook told", async () => {
    const { said, asked } = await converse(
      `quarantine /q\nobjects /q\nref ${ZERO} ${ID} refs/heads/a b\nref ${ID} ${ZERO} refs/tags/v\nend\n`,
    );
    expect(said).toBe("allow\n");
    expect(asked).toEqual([
      {
        quarantine: "/q",
        commands: [
          { ref: "refs/heads/a b", from: null, to: ID },
          { ref: "refs/tags/v", from: ID, to: null },
        ],
      },
    ]);
  });

  test.each<[string, string | Buffer]>([
    ["no refs", "quarantine /q\nobjects /q\nend\n"],
    ["another object folder", `quarantine /q\nobjects /r\nref ${ZERO} ${ID} refs/heads/a\nend\n`],
    ["no ids", "quarantine \nobjects \nref a b refs/heads/a\nend\n"],
    ["a short id", `quarantine \nobjects \nref ${ZERO} ${ID.slice(1)} refs/heads/a\nend\n`],
    ["HEAD", `quarantine \nobjects \nref ${ZERO} ${ID} HEAD\nend\n`],
    ["a line without its prefix", `quarantine \nobjects \n${ZERO} ${ID} refs/heads/a\nend\n`],
    ["lines in another order", `ref ${ZERO} ${ID} refs/heads/a\nquarantine \nobjects \nend\n`],
    [
      "invalid UTF-8",
      Buffer.concat([
        Buffer.from(`quarantine \nobjects \nref ${ZERO} ${ID} refs/heads/`),
        Buffer.from([0xff]),
        Buffer.from("\nend\n"),
      ]),
    ],
    ["too many refs", `quarantine \nobjects \n${`ref ${ZERO} ${ID} refs/heads/a\n`.repeat(1_001)}end\n`],
    ["too many bytes", Buffer.alloc(3 * 1024 * 1024, "x")],
  ])("%s refuses without asking", async (_name, text) => {
    const { said, asked } = await converse(text);
    expect(asked).toEqual([]);
    expect(said).toMatch(/^say sallyport: refused.*\ndeny\n$/u);
  });

  test("without an end there is no answer at all", async () => {
    expect(await converse(`quarantine \nobjects \nref ${ZERO} ${ID} refs/heads/a\n`)).toEqual({ said: "", asked: [] });
  });

  test("what is said is inert, one line each", async () => {
    const { said } = await converse(`quarantine \nobjects \nref ${ZERO} ${ID} refs/heads/a\nend\n`, {
      allow: false,
      message: ["a\nallow", "\u001b[2J"],
    });
    expect(said).toBe("say a\\nallow\nsay \\x1b[2J\ndeny\n");
  });
});
