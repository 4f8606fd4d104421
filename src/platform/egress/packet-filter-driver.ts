/**
 * The driver with the system's packet filter. Functions use the machine's network. The filter rejects packets of
 * their users to addresses that are not public. It serves platforms that are root and may change the filter, but
 * cannot create namespaces.
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { promisify } from "node:util";
import { USER_BLOCKS, type UserRange, type Users } from "../machine/users.ts";
import { type AllowedAddress, parseAllowNet } from "./allow-net.ts";
import type { Network, NetworkAttachment } from "./network.ts";
import { LAST_RULE, PacketFilterTable } from "./packet-filter-table.ts";
import { NON_PUBLIC_V4, NON_PUBLIC_V6 } from "./public-addresses.ts";

function acceptRule(address: string, ports: ReadonlySet<number> | undefined, protocol: string): string {
	const family = isIP(address) === 6 ? "ip6" : "ip";
	const port =
		ports === undefined ? `meta l4proto ${protocol}` : `${protocol} dport { ${[...ports].join(", ")} }`;
	return `${family} daddr ${address} ${port} accept`;
}

/**
 * The commands that create the filter's table and list it. The kernel removes the table when the program that
 * created it ends (`flags owner`).
 * @param name the name of the table
 * @param range the uids to which the rules apply: those of this platform's functions and of no other platform's
 * @param nameServers literal addresses; with this driver, functions resolve names themselves
 */
export function packetFilterCommands(
	{ name, range: { first, last } }: { readonly name: string; readonly range: UserRange },
	allowed: readonly AllowedAddress[],
	nameServers: readonly string[],
): string {
	const dns = new Set([53]);
	const rules = [
		...nameServers.flatMap((address) => ["udp", "tcp"].map((protocol) => acceptRule(address, dns, protocol))),
		...allowed.map(({ address, ports }) => acceptRule(address, ports, "tcp")),
		"fib daddr type local reject",
		`ip daddr { ${NON_PUBLIC_V4.map(([network, prefix]) => `${network}/${prefix}`).join(", ")} } reject`,
		"ip6 daddr != 2000::/3 reject",
		`ip6 daddr { ${NON_PUBLIC_V6.map(([network, prefix]) => `${network}/${prefix}`).join(", ")} } reject ${LAST_RULE}`,
	];
	return [
		`add table inet ${name} { flags owner; }`,
		`add chain inet ${name} functions`,
		`add chain inet ${name} output { type filter hook output priority filter; policy accept; }`,
		...rules.map((rule) => `add rule inet ${name} functions ${rule}`),
		// Packets that the kernel itself sends have no user, so the chain does not apply to them.
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
	"public hosts that a function's \"network\" does not list (only Deno's permissions block them)",
	"abstract Unix sockets of this machine and of other functions",
];

/** The name of a table. Names are unique, so two platforms cannot have tables for the same users. */
const nameOf = ({ first }: UserRange, index: number) => `coffer_${first}_${index}`;

/** With one table, functions would not be isolated between its failure and its replacement. */
const TABLES = 2;
/** The time between attempts to restore a table. */
const RETRY_MS = 1_000;

/** The same rules in two tables, each owned by a separate process. */
class PacketFilterDriver implements Network {
	readonly isolation = "user rules";
	readonly missing = MISSING;
	readonly #nft: string;
	readonly #users: Users;
	readonly #rulesOf: (name: string) => string;
	readonly #onFailed: (what: string) => void;
	readonly #tables = new Set<PacketFilterTable>();
	readonly #attachments = new Set<NetworkAttachment>();
	#isClosed = false;

	constructor(
		nft: string,
		users: Users,
		rulesOf: (name: string) => string,
		onFailed: (what: string) => void,
	) {
		this.#nft = nft;
		this.#users = users;
		this.#rulesOf = rulesOf;
		this.#onFailed = onFailed;
	}

	/**
	 * Installs the tables. If another platform's functions have the same users, this platform takes other ones: one
	 * platform's rules would reject packets that the other one allows.
	 * @throws Error with the output of `nft` if the filter does not work on this machine
	 */
	async open(): Promise<void> {
		for (let attempts = 1; ; attempts++) {
			const { range } = this.#users;
			try {
				await this.#openTable(nameOf(range, 0));
				break;
			} catch (error) {
				if (attempts === USER_BLOCKS || !(await this.#exists(nameOf(range, 0)))) throw error;
				this.#users.moveToNextRange();
			}
		}
		for (let index = 1; index < TABLES; index++) await this.#openTable(nameOf(this.#users.range, index));
	}

	async #exists(name: string): Promise<boolean> {
		const { stdout } = await promisify(execFile)(this.#nft, ["list", "tables", "inet"], { env: {} });
		return stdout.split("\n").includes(`table inet ${name}`);
	}

	async attach(): Promise<NetworkAttachment> {
		if (this.#tables.size === 0) throw new Error("The packet filter's tables no longer exist.");
		const attachment: NetworkAttachment = {
			commandPrefix: [],
			startsAsRoot: false,
			hasBoundedTemporary: false,
			onRefused: () => {},
			onNetworkFailed: () => {},
			detach: () => void this.#attachments.delete(attachment),
		};
		this.#attachments.add(attachment);
		return attachment;
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
		this.#onFailed(`the packet filter's table ${name} no longer exists; ${this.#tables.size} are left`);
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
 * Installs the rules for as long as the platform runs.
 * @param users of functions; they move to another range if another platform has this one
 * @param onFailed called when a table no longer exists, with a sentence without its full stop
 * @throws AppError `ALLOW_NET_INVALID` (exit 2); Error with the output of `nft` if the filter does not work on this
 * machine
 */
export async function openPacketFilterDriver(
	nft: string,
	allowNet: readonly string[],
	users: Users,
	onFailed: (what: string) => void,
): Promise<Network> {
	const nameServers = nameServersIn(await readFile("/etc/resolv.conf", "utf8").catch(() => ""));
	const allowed = parseAllowNet(allowNet);
	const network = new PacketFilterDriver(
		nft,
		users,
		(name) => packetFilterCommands({ name, range: users.range }, allowed, nameServers),
		onFailed,
	);
	try {
		await network.open();
		return network;
	} catch (error) {
		await network.close();
		throw error;
	}
}
