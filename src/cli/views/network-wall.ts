/**
 * Describes which addresses functions can still reach, if the platform cannot fully isolate their network. Deno's
 * permissions always apply; a second protection works below them. Pure.
 */

/** The protection of functions' network below Deno's own permissions. */
export interface NetworkWall {
	/** `namespace`, `user rules`, `none`, or a word that a newer platform uses. */
	readonly wall: string;
	/** Descriptions of the traffic that the protection does not block; empty if it blocks everything. */
	readonly missing: readonly string[];
}

const WALLS: Readonly<Record<string, string>> = {
	none: "On this platform, only Deno's own permissions protect the network from functions",
	"user rules":
		"On this platform, functions do not have a separate network; the system's packet filter protects it",
};

/** A sentence about the traffic that is not blocked; undefined if all is. */
export function networkWallGap({ missing, wall }: NetworkWall): string | undefined {
	if (missing.length === 0) return undefined;
	const which = WALLS[wall] ?? `On this platform, functions' network is protected by "${wall}"`;
	return `${which}. Not blocked: ${missing.join("; ")}.`;
}
