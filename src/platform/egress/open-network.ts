/** Finds the best wall around functions' network that works on this machine. */
import { existsSync } from "node:fs";
import { AppError } from "../../errors.ts";
import { systemProgram } from "../machine/system-program.ts";
import { parseAllowNet } from "./allow-net.ts";
import { type NamespaceDriverOptions, openNamespaceDriver } from "./namespace/namespace-driver.ts";
import { findTools } from "./namespace/tools.ts";
import type { Network, NetworkIsolation } from "./network.ts";
import { openPacketFilterDriver } from "./packet-filter-driver.ts";

export interface NetworkOptions extends Omit<NamespaceDriverOptions, "tools" | "hasV6"> {
	/** Whether the platform is root on Linux; nothing else can build a wall. */
	readonly isRoot: boolean;
	/** Whether each function has a user of its own, by which its packets are told from others'. */
	readonly hasUsers: boolean;
	/** Which walls to try, best first. */
	readonly isolationKinds?: readonly NetworkIsolation[];
	/** Told why a better wall does not work here. */
	readonly onMissing: (wall: NetworkIsolation, errorMessage: string) => void;
	/** Told when a part of the wall has fallen while the platform runs, as a sentence without its full stop. */
	readonly onFailed: (what: string) => void;
}

const NO_ISOLATION: Network = {
	wall: "none",
	missing: [
		"private IPv6 networks, and whatever else Deno's permissions do not see",
		"abstract Unix sockets of this machine and of other functions",
	],
	attach: async () => ({
		commandPrefix: [],
		startsAsRoot: false,
		hasBoundedTemporary: false,
		onRefused: () => {},
		onNetworkFailed: () => {},
		detach: () => {},
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
	const { isRoot, onMissing, isolationKinds: walls = ["namespace", "user rules"] } = options;
	if (!isRoot) return NO_ISOLATION;
	for (const wall of walls) {
		try {
			if (wall === "namespace") return await tryNamespaces(options);
			if (wall === "user rules") return await tryUserRules(options);
		} catch (error) {
			if (error instanceof AppError) throw error;
			onMissing(wall, why(error));
		}
	}
	return NO_ISOLATION;
}

async function tryNamespaces(options: NetworkOptions): Promise<Network> {
	const found = findTools();
	if ("missing" in found) throw new Error(`these programs are not here: ${found.missing.join(", ")}`);
	return await openNamespaceDriver({
		...options,
		tools: found.tools,
		hasV6: existsSync("/proc/net/if_inet6"),
	});
}

async function tryUserRules({ allowNet, hasUsers, onFailed }: NetworkOptions): Promise<Network> {
	const nft = systemProgram("nft");
	if (nft === undefined) throw new Error("the program nft is not here");
	if (!hasUsers) throw new Error("functions have no users of their own");
	return await openPacketFilterDriver(nft, allowNet, onFailed);
}
