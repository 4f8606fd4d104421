/**
 * SQLite for the vault's lock: the one built into Node (since 22.13, without a flag), or else `libsql`. Both take the
 * operating system's locks on the same bytes of a file, so that processes under different versions of Node exclude one
 * another.
 */

/** An open database, with the two calls that a lock needs. */
export interface Connection {
	exec(statement: string): unknown;
	close(): unknown;
}

/** Opens a database without waiting for locks. */
export type OpenDatabase = (path: string) => Connection;

interface NodeSqlite {
	readonly DatabaseSync: new (path: string) => Connection;
}

/** Node's built-in module; undefined in a version that has none, or that needs a flag for it. */
function nodeSqlite(): NodeSqlite | undefined {
	return process.getBuiltinModule("node:sqlite") as NodeSqlite | undefined;
}

/**
 * Loads SQLite.
 * @param builtin Node's built-in module, if there is one
 * @throws AppError `PACKAGE_MISSING` (exit 1) if Node has no SQLite and the optional package `libsql` is not installed
 */
export async function loadSqlite(builtin = nodeSqlite()): Promise<OpenDatabase> {
	if (builtin !== undefined) return (path) => new builtin.DatabaseSync(path);
	const { default: Database } = await import("libsql");
	return (path) => new Database(path, { timeout: 0 });
}
