/** The system's programs that the walls are built with. */
import { systemProgram } from "../../machine/system-program.ts";

const NAMES = ["ip", "mount", "nft", "nsenter", "setpriv", "unshare"] as const;

/** Absolute paths. */
export type Tools = Readonly<Record<(typeof NAMES)[number], string>>;

/** The programs, or the names of those that are not here: iproute2, nftables and util-linux bring them. */
export function findTools(): { tools: Tools } | { missing: readonly string[] } {
	const found = NAMES.map((name) => [name, systemProgram(name)] as const);
	const missing = found.flatMap(([name, path]) => (path === undefined ? [name] : []));
	return missing.length > 0 ? { missing } : { tools: Object.fromEntries(found) as Tools };
}
