/** The system's programs that the namespace driver needs. */
import { systemProgram } from "../../machine/system-program.ts";

const NAMES = ["ip", "mount", "nft", "nsenter", "setpriv", "unshare"] as const;

/** The absolute path of each program. */
export type Tools = Readonly<Record<(typeof NAMES)[number], string>>;

/** Finds the programs, or the names of the missing ones. They are part of iproute2, nftables and util-linux. */
export function findTools(): { tools: Tools } | { missing: readonly string[] } {
	const found = NAMES.map((name) => [name, systemProgram(name)] as const);
	const missing = found.flatMap(([name, path]) => (path === undefined ? [name] : []));
	return missing.length > 0 ? { missing } : { tools: Object.fromEntries(found) as Tools };
}
