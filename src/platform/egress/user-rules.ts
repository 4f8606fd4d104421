/**
 * The driver with the system's packet filter: functions have the machine's network, and their users' packets to what
 * is not public are rejected. For a platform that is root and may change the filter, and cannot make namespaces.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { FUNCTION_USERS } from "../runtime/users.ts";
import { type AllowedAddress, parseAllowNet } from "./allow-net.ts";
import type { Network } from "./network.ts";
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
		`meta skuid < ${FUNCTION_USERS.first} accept`,
		`meta skuid > ${FUNCTION_USERS.last} accept`,
		...nameServers.flatMap((address) => ["udp", "tcp"].map((protocol) => acceptRule(address, dns, protocol))),
		...allowed.map(({ address, ports }) => acceptRule(address, ports, "tcp")),
		"fib daddr type local reject",
		`ip daddr { ${CLOSED_V4.map(([network, prefix]) => `${network}/${prefix}`).join(", ")} } reject`,
		"ip6 daddr != 2000::/3 reject",
		`ip6 daddr { ${CLOSED_V6.map(([network, prefix]) => `${network}/${prefix}`).join(", ")} } reject`,
	];
	return [
		`add table inet ${name} { flags owner; }`,
		`add chain inet ${name} output { type filter hook output priority filter; policy accept; }`,
		...rules.map((rule) => `add rule inet ${name} output ${rule}`),
		`list table inet ${name}`,
		"",
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

/**
 * Puts the rules in place, for as long as the platform lives.
 * @throws AppError `ALLOW_NET_INVALID` (exit 2); Error with what `nft` said, where it does not work here
 */
export async function openUserRules(nft: string, allowNet: readonly string[]): Promise<Network> {
	const nameServers = nameServersIn(await readFile("/etc/resolv.conf", "utf8").catch(() => ""));
	const rules = userRules(`coffer_${process.pid}`, parseAllowNet(allowNet), nameServers);
	const child = spawn(nft, ["--interactive"], { cwd: "/", env: {}, stdio: ["pipe", "pipe", "pipe"] });
	await put(child, rules);
	return {
		wall: "user rules",
		missing: MISSING,
		admit: async () => ({
			before: [],
			startsAsRoot: false,
			onRefused: () => {},
			onLost: () => {},
			leave: () => {},
		}),
		close: async () => {
			child.kill("SIGKILL");
			if (child.exitCode === null && child.signalCode === null) await once(child, "close");
		},
	};
}

/** Hands the rules over and waits until they hold. */
async function put(child: ChildProcess, rules: string): Promise<void> {
	let said = "";
	const answered = new Promise<void>((resolve, reject) => {
		child.once("error", reject);
		child.once("close", () => reject(new Error(said.trim() || "nft ended")));
		child.stdout?.setEncoding("utf8").on("data", (text: string) => {
			said += text;
			// The last line of what is put there, listed.
			if (said.includes("ip6 daddr !=")) resolve();
		});
		child.stderr?.setEncoding("utf8").on("data", (text: string) => {
			said += text;
			if (/error/i.test(text)) reject(new Error(said.trim()));
		});
	});
	child.stdin?.write(rules);
	await answered;
}
