// Opens the home given as first argument, as every process of a crowd does at once, and leaves one row.
import { openDatabase } from "../../../src/db/index.ts";

const database = openDatabase(process.argv[2] ?? "", [
  { id: "crowd-1", up: ["create table crowd (pid integer primary key)"] },
  { id: "crowd-2", up: ["create table once (x integer)", "insert into once values (1)"] },
]);
await database.write((raw) => raw.prepare("insert into crowd values (?)").run(process.pid));
database.close();
