/** Finds the strongest network isolation that works on this machine. */
import { existsSync } from "node:fs";
import { AppError } from "../../errors.ts";
import { systemProgram } from "../machine/system-program.ts";
import type { Users } from "../machine/users.ts";
import { parseAllowNet } from "./allow-net.ts";
import { type NamespaceDriverOptions, openNamespaceDriver } from "./namespace/namespace-driver.ts";
import { findTools } from "./namespace/tools.ts";
import type { Network, NetworkIsolation } from "./network.ts";
import { openPacketFilterDriver } from "./packet-filter-driver.ts";

export interface NetworkOptions extends Omit<NamespaceDriverOptions, "tools" | "hasV6"> {
	/** Whether the platform is root on Linux. Isolation needs that. */
	readonly isRoot: boolean;
	/** The users of functions, by which the packet filter identifies their packets. Undefined if functions have none. */
	readonly users: Users | undefined;
	/** The kinds of isolation to try, strongest first. */
	readonly isolationKinds?: readonly NetworkIsolation[];
	/** Called with each kind that does not work on this machine, and the reason. */
	readonly onMissing: (wall: NetworkIsolation, errorMessage: string) => void;
	/** Called when a part of the isolation fails while the platform runs, with a sentence without its full stop. */
	readonly onFailed: (what: string) => void;
}

const NO_ISOLATION: Network = {
	isolation: "none",
	missing: [
		"private IPv6 networks, and other traffic that Deno's permissions do not check",
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

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error)).slice(0, 500);

/**
 * Opens the first kind of isolation that works. If none works, only Deno's permissions restrict functions, and the
 * returned network's `missing` says so.
 * @throws AppError `ALLOW_NET_INVALID` (exit 2)
 */
export async function openNetwork(options: NetworkOptions): Promise<Network> {
	parseAllowNet(options.allowNet);
	const { isRoot, onMissing, isolationKinds = ["namespace", "user rules"] } = options;
	if (!isRoot) return NO_ISOLATION;
	for (const kind of isolationKinds) {
		try {
			if (kind === "namespace") return await tryNamespaces(options);
			if (kind === "user rules") return await tryPacketFilter(options);
		} catch (error) {
			if (error instanceof AppError) throw error;
			onMissing(kind, messageOf(error));
		}
	}
	return NO_ISOLATION;
}

async function tryNamespaces(options: NetworkOptions): Promise<Network> {
	const found = findTools();
	if ("missing" in found) throw new Error(`these programs are not installed: ${found.missing.join(", ")}`);
	return await openNamespaceDriver({
		...options,
		tools: found.tools,
		hasV6: existsSync("/proc/net/if_inet6"),
	});
}

async function tryPacketFilter({ allowNet, users, onFailed }: NetworkOptions): Promise<Network> {
	const nft = systemProgram("nft");
	if (nft === undefined) throw new Error("the program nft is not installed");
	if (users === undefined) throw new Error("functions do not have separate users");
	return await openPacketFilterDriver(nft, allowNet, users, onFailed);
}
