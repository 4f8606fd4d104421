/** Says which wall around functions' network a platform has, where it does not hold everything. Pure. */

/** What stands behind Deno's own permissions. */
export interface NetworkWall {
	/** `namespace`, `user rules`, `none`, or a word that only a newer platform knows. */
	readonly wall: string;
	/** What it does not hold, in words; empty where it holds everything. */
	readonly missing: readonly string[];
}

const WALLS: Readonly<Record<string, string>> = {
	none: "No second wall stands around functions' network here: Deno's own permissions alone hold it",
	"user rules":
		"The second wall around functions' network is the system's packet filter here, not a network of their own",
};

/** A sentence about what is open; undefined where nothing is. */
export function networkWallGap({ missing, wall }: NetworkWall): string | undefined {
	if (missing.length === 0) return undefined;
	const which = WALLS[wall] ?? `The second wall around functions' network is "${wall}" here`;
	return `${which}. Not held by it: ${missing.join("; ")}.`;
}
