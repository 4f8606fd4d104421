/**
 * A process that writes to a store until it is killed: `writer DIRECTORY`. For each entry that the store has
 * acknowledged, it prints a line: the revision, and the hash of a blob that the entry names.
 */
import { openSqliteStore } from "../../../src/platform/store/sqlite.ts";

/** Whose the blobs are. */
const OWNER = "0".repeat(32);

const store = await openSqliteStore(process.argv[2] as string);
let { revision } = await store.append("s", -1, "");
for (;;) {
	const hash = await store.putBlob(OWNER, new TextEncoder().encode(`blob ${revision + 1}`));
	const result = await store.append("s", revision, `${revision + 1} ${hash}`);
	revision = result.revision;
	process.stdout.write(`${revision} ${hash}\n`);
}
