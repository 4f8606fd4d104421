#!/bin/sh
# A closed libsql database stays open as long as one of its prepared statements is reachable.
#
# Version: libsql 0.5.29 (synchronous API), under Node 20.
# Behaviour: after `database.close()`, `database.open` is false and `exec` and `prepare` throw "The database connection
#   is not open". A statement that was prepared before still reads and writes. The file, its -wal and its -shm stay
#   open and in place, and a transaction that a statement began keeps its lock: another connection gets SQLITE_BUSY.
#   The files are closed, and the lock is released, when the garbage collector has collected the statements.
# Expected: what better-sqlite3, whose API this is, does: `close` ends the connection, and statements throw.
#
# Run without Coffer, on valid input. Exit status 0: the behaviour is as stated. 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "name": "finding", "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts libsql@0.5.29
cat > close.mjs <<'PROGRAM'
import { readdirSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import Database from "libsql";

let changed = 0;
function see(what, seen, expected) {
	const same = JSON.stringify(seen) === JSON.stringify(expected);
	if (!same) changed++;
	console.log(`${what}: ${JSON.stringify(seen)}${same ? "" : `   (was: ${JSON.stringify(expected)})`}`);
}
const files = () => readdirSync(".").filter((name) => name.startsWith("data.db")).sort();
const messageOf = (work) => {
	try {
		work();
		return "no error";
	} catch (error) {
		return error.message;
	}
};

let database = new Database("data.db");
database.exec("PRAGMA journal_mode = WAL");
database.exec("CREATE TABLE rows (n INTEGER)");
database.close();
see("files after close, no statement prepared", files(), ["data.db"]);

database = new Database("data.db");
let insert = database.prepare("INSERT INTO rows VALUES (?)");
insert.run(1);
database.close();
see("open after close", database.open, false);
see("exec after close", messageOf(() => database.exec("SELECT 1")), "The database connection is not open");
see("a statement's run after close", messageOf(() => insert.run(2)), "no error");
see("files after close, a statement reachable", files(), ["data.db", "data.db-shm", "data.db-wal"]);
const other = new Database("data.db");
see("rows seen by another connection", other.prepare("SELECT count(*) AS count FROM rows").get().count, 2);
other.close();

database = new Database("data.db");
let begin = database.prepare("BEGIN IMMEDIATE");
begin.run();
database.close();
const third = new Database("data.db", { timeout: 0 });
see("another connection's transaction", messageOf(() => third.exec("BEGIN IMMEDIATE")), "database is locked");
third.close();

insert = begin = database = undefined;
for (let turn = 0; turn < 5; turn++) {
	await setTimeout(50);
	globalThis.gc();
}
see("files after the garbage collector has run", files(), ["data.db"]);
process.exit(changed === 0 ? 0 : 1);
PROGRAM
node --expose-gc close.mjs

# Seen:
#   files after close, no statement prepared: ["data.db"]
#   open after close: false
#   exec after close: "The database connection is not open"
#   a statement's run after close: "no error"
#   files after close, a statement reachable: ["data.db","data.db-shm","data.db-wal"]
#   rows seen by another connection: 2
#   another connection's transaction: "database is locked"
#   files after the garbage collector has run: ["data.db"]
