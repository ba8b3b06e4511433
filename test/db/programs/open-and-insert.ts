// Opens the home given as first argument at the moment given as second (milliseconds since the epoch), as every process
// of a crowd does at once, and leaves one row.
import { openDatabase } from "../../../src/db/index.ts";

const [, , home = "", moment] = process.argv;
while (Date.now() < Number(moment));
const database = openDatabase(home, [
  { id: "crowd-1", up: ["create table crowd (pid integer primary key)"] },
  { id: "crowd-2", up: ["create table once (x integer)", "insert into once values (1)"] },
]);
await database.write((raw) => raw.prepare("insert into crowd values (?)").run(process.pid));
database.close();
