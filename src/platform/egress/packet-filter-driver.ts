/**
 * The driver with the system's packet filter: functions have the machine's network, and their users' packets to what
 * is not public are rejected. For a platform that is root and may change the filter, and cannot make namespaces.
 */
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { FUNCTION_USERS } from "../machine/users.ts";
import { type AllowedAddress, parseAllowNet } from "./allow-net.ts";
import type { Network, NetworkAttachment } from "./network.ts";
import { LAST_RULE, PacketFilterTable } from "./packet-filter-table.ts";
import { CLOSED_V4, CLOSED_V6 } from "./public-addresses.ts";

function acceptRule(address: string, ports: ReadonlySet<number> | undefined, protocol: string): string {
	const family = isIP(address) === 6 ? "ip6" : "ip";
	const port =
		ports === undefined ? `meta l4proto ${protocol}` : `${protocol} dport { ${[...ports].join(", ")} }`;
	return `${family} daddr ${address} ${port} accept`;
}

/**
 * Commands that make the filter's table, which goes with the program that made it (`flags owner`), and list it.
 * @param name of the table
 * @param nameServers literal addresses; functions resolve names by themselves here
 */
export function userRules(
	name: string,
	allowed: readonly AllowedAddress[],
	nameServers: readonly string[],
): string {
	const dns = new Set([53]);
	const rules = [
		...nameServers.flatMap((address) => ["udp", "tcp"].map((protocol) => acceptRule(address, dns, protocol))),
		...allowed.map(({ address, ports }) => acceptRule(address, ports, "tcp")),
		"fib daddr type local reject",
		`ip daddr { ${CLOSED_V4.map(([network, prefix]) => `${network}/${prefix}`).join(", ")} } reject`,
		"ip6 daddr != 2000::/3 reject",
		`ip6 daddr { ${CLOSED_V6.map(([network, prefix]) => `${network}/${prefix}`).join(", ")} } reject ${LAST_RULE}`,
	];
	const { first, last } = FUNCTION_USERS;
	return [
		`add table inet ${name} { flags owner; }`,
		`add chain inet ${name} functions`,
		`add chain inet ${name} output { type filter hook output priority filter; policy accept; }`,
		...rules.map((rule) => `add rule inet ${name} functions ${rule}`),
		// What the kernel sends by itself belongs to nobody, and is not looked at.
		`add rule inet ${name} output meta skuid ${first}-${last} jump functions`,
		`list table inet ${name}`,
	].join("\n");
}

/** The addresses after `nameserver` in a resolv.conf(5). */
export function nameServersIn(text: string): string[] {
	const lines = text.split("\n").map((line) => line.trim().split(/\s+/));
	return lines.flatMap(([key, value = ""]) => (key === "nameserver" && isIP(value) > 0 ? [value] : []));
}

const MISSING = [
	"hosts of the public internet that a function's \"network\" does not name, but for Deno's permissions",
	"abstract Unix sockets of this machine and of other functions",
];

/** One alone would leave functions without a wall from its end until it is there again. */
const TABLES = 2;
/** Where a table cannot be put back, the next try comes later. */
const RETRY_MS = 1_000;

/** The same rules in two tables, each held by a process of its own. */
class PacketFilterDriver implements Network {
	readonly wall = "user rules";
	readonly missing = MISSING;
	readonly #nft: string;
	readonly #rulesOf: (name: string) => string;
	readonly #onFailed: (what: string) => void;
	readonly #tables = new Set<PacketFilterTable>();
	readonly #attachments = new Set<NetworkAttachment>();
	#isClosed = false;

	constructor(nft: string, rulesOf: (name: string) => string, onFallen: (what: string) => void) {
		this.#nft = nft;
		this.#rulesOf = rulesOf;
		this.#onFailed = onFallen;
	}

	/** @throws Error with what `nft` said, where it does not work here */
	async open(): Promise<void> {
		for (let index = 0; index < TABLES; index++) await this.#openTable(`coffer_${process.pid}_${index}`);
	}

	async attach(): Promise<NetworkAttachment> {
		if (this.#tables.size === 0) throw new Error("The packet filter's rules have fallen.");
		const admission: NetworkAttachment = {
			commandPrefix: [],
			startsAsRoot: false,
			hasBoundedTemporary: false,
			onRefused: () => {},
			onNetworkFailed: () => {},
			detach: () => void this.#attachments.delete(admission),
		};
		this.#attachments.add(admission);
		return admission;
	}

	async close(): Promise<void> {
		this.#isClosed = true;
		await Promise.all([...this.#tables].map((table) => table.close()));
	}

	async #openTable(name: string): Promise<void> {
		const table = await PacketFilterTable.open(this.#nft, this.#rulesOf(name));
		if (this.#isClosed) return await table.close();
		this.#tables.add(table);
		void table.ended.then(() => this.#onTableEnded(table, name));
	}

	#onTableEnded(table: PacketFilterTable, name: string): void {
		this.#tables.delete(table);
		if (this.#isClosed) return;
		this.#onFailed(`a table of the packet filter, ${name}, has fallen; ${this.#tables.size} are left`);
		if (this.#tables.size === 0) for (const { onNetworkFailed } of [...this.#attachments]) onNetworkFailed();
		void this.#restore(name);
	}

	async #restore(name: string): Promise<void> {
		while (!this.#isClosed) {
			try {
				return await this.#openTable(name);
			} catch {
				await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
			}
		}
	}
}

/**
 * Puts the rules in place, for as long as the platform lives.
 * @param onFallen told when a part of the wall has fallen, as the beginning of a sentence
 * @throws AppError `ALLOW_NET_INVALID` (exit 2); Error with what `nft` said, where it does not work here
 */
export async function openPacketFilterDriver(
	nft: string,
	allowNet: readonly string[],
	onFallen: (what: string) => void,
): Promise<Network> {
	const nameServers = nameServersIn(await readFile("/etc/resolv.conf", "utf8").catch(() => ""));
	const allowed = parseAllowNet(allowNet);
	const network = new PacketFilterDriver(nft, (name) => userRules(name, allowed, nameServers), onFallen);
	try {
		await network.open();
		return network;
	} catch (error) {
		await network.close();
		throw error;
	}
}
