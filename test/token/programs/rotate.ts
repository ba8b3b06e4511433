// Rotates the keys of the home on standard input, as another process over the same home does, and says what now signs.
import { text } from "node:stream/consumers";
import { createClock } from "../../../src/base/index.ts";
import { openDatabase } from "../../../src/db/index.ts";
import { createTokenService, tokenMigrations } from "../../../src/token/index.ts";

const { home } = JSON.parse(await text(process.stdin));
using database = openDatabase(home, tokenMigrations);
process.stdout.write(createTokenService({ database, home, clock: createClock() }).rotateKeys());
