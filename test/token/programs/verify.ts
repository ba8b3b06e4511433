// Verifies the token that comes on standard input against the grant in it, as another broker over the same home does.
import { text } from "node:stream/consumers";
import { createClock } from "../../../src/base/index.ts";
import { openDatabase } from "../../../src/db/index.ts";
import { createTokenService, tokenMigrations } from "../../../src/token/index.ts";

const { home, token, grant, revoke } = JSON.parse(await text(process.stdin));
using database = openDatabase(home, tokenMigrations);
const tokens = createTokenService({ database, home, clock: createClock() });
if (revoke !== undefined) await tokens.revoke(revoke);
const answer = token === undefined ? null : await tokens.verify(token, grant);
process.stdout.write(JSON.stringify(answer));
