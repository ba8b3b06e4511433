// Mints a token for the grant on standard input, in a home that may be fresh: the key is then made here.
import { text } from "node:stream/consumers";
import { createClock } from "../../../src/base/index.ts";
import { openDatabase } from "../../../src/db/index.ts";
import { createTokenService, tokenMigrations } from "../../../src/token/index.ts";

const { home, grant } = JSON.parse(await text(process.stdin));
using database = openDatabase(home, tokenMigrations);
const { token } = await createTokenService({ database, home, clock: createClock() }).mint(grant);
process.stdout.write(token.reveal());
