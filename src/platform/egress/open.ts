/** Finds the best wall around functions' network that works on this machine. */
import { existsSync } from "node:fs";
import { AppError } from "../../errors.ts";
import { systemProgram } from "../machine/system-program.ts";
import { parseAllowNet } from "./allow-net.ts";
import { type NamespacesOptions, openNamespaces } from "./namespace/namespace-driver.ts";
import { findTools } from "./namespace/tools.ts";
import type { Network, Wall } from "./network.ts";
import { openUserRules } from "./user-rules.ts";

export interface NetworkOptions extends Omit<NamespacesOptions, "tools" | "hasV6"> {
	/** Whether the platform is root on Linux; nothing else can build a wall. */
	readonly isRoot: boolean;
	/** Whether each function has a user of its own, by which its packets are told from others'. */
	readonly hasUsers: boolean;
	/** Which walls to try, best first. */
	readonly walls?: readonly Wall[];
	/** Told why a better wall does not work here. */
	readonly onMissing: (wall: Wall, why: string) => void;
	/** Told when a part of the wall has fallen while the platform runs, as a sentence without its full stop. */
	readonly onFallen: (what: string) => void;
}

const OPEN: Network = {
	wall: "none",
	missing: [
		"private IPv6 networks, and whatever else Deno's permissions do not see",
		"abstract Unix sockets of this machine and of other functions",
	],
	admit: async () => ({
		before: [],
		startsAsRoot: false,
		isBounded: false,
		onRefused: () => {},
		onLost: () => {},
		leave: () => {},
	}),
	close: async () => {},
};

const why = (error: unknown) => (error instanceof Error ? error.message : String(error)).slice(0, 500);

/**
 * Opens the first wall that works. Where none does, functions are held by Deno's permissions alone, and the network
 * returned says so.
 * @throws AppError `ALLOW_NET_INVALID` (exit 2)
 */
export async function openNetwork(options: NetworkOptions): Promise<Network> {
	parseAllowNet(options.allowNet);
	const { isRoot, onMissing, walls = ["namespace", "user rules"] } = options;
	if (!isRoot) return OPEN;
	for (const wall of walls) {
		try {
			if (wall === "namespace") return await tryNamespaces(options);
			if (wall === "user rules") return await tryUserRules(options);
		} catch (error) {
			if (error instanceof AppError) throw error;
			onMissing(wall, why(error));
		}
	}
	return OPEN;
}

async function tryNamespaces(options: NetworkOptions): Promise<Network> {
	const found = findTools();
	if ("missing" in found) throw new Error(`these programs are not here: ${found.missing.join(", ")}`);
	return await openNamespaces({ ...options, tools: found.tools, hasV6: existsSync("/proc/net/if_inet6") });
}

async function tryUserRules({ allowNet, hasUsers, onFallen }: NetworkOptions): Promise<Network> {
	const nft = systemProgram("nft");
	if (nft === undefined) throw new Error("the program nft is not here");
	if (!hasUsers) throw new Error("functions have no users of their own");
	return await openUserRules(nft, allowNet, onFallen);
}
