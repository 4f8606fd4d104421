/**
 * Which addresses a function may connect to: all but those that are not the public internet, plus what
 * the operator names. Deno canonicalises every spelling of an address and checks what a name resolves to.
 */
import { BlockList, isIP } from "node:net";
import { type AllowedAddress, allowNetInvalid, PORT_MAX, parseAllowNet } from "../egress/allow-net.ts";

/** Not the public internet: this host, private, shared, link-local with metadata, test, multicast, reserved. */
const DENIED_V4: readonly (readonly [network: string, prefix: number])[] = [
	["0.0.0.0", 8],
	["10.0.0.0", 8],
	["100.64.0.0", 10],
	["127.0.0.0", 8],
	["169.254.0.0", 16],
	["172.16.0.0", 12],
	["192.0.0.0", 24],
	["192.168.0.0", 16],
	["198.18.0.0", 15],
	["224.0.0.0", 4],
	["240.0.0.0", 4],
];
/** Deno takes no IPv6 ranges, so these are single addresses: any, loopback, and the clouds' metadata. */
const DENIED_V6 = ["::", "::1", "fd00:ec2::254", "fd20:ce::254"];

/** @throws AppError `ALLOW_NET_INVALID` (exit 2) */
function parseEntries(entries: readonly string[]): AllowedAddress[] {
	const allowed = parseAllowNet(entries);
	const precise = allowed.filter(({ ports }) => ports !== undefined);
	if (precise.length > 1) {
		throw allowNetInvalid(
			precise[1]?.address ?? "",
			"is a second address with ports; only one address can be limited to ports",
		);
	}
	return allowed;
}

const toNumber = (address: string) => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
const toAddress = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");

/** The range without one address: the halves that do not hold it, ever smaller. */
function without(network: string, prefix: number, address: string): string[] {
	const target = toNumber(address);
	const out: string[] = [];
	let base = toNumber(network);
	for (let bits = prefix + 1; bits <= 32; bits++) {
		const half = 2 ** (32 - bits);
		const isUpper = target >= base + half;
		out.push(`${toAddress(isUpper ? base : base + half)}/${bits}`);
		if (isUpper) base += half;
	}
	return out;
}

function isWithin(address: string, network: string, prefix: number): boolean {
	const list = new BlockList();
	list.addSubnet(network, prefix);
	return list.check(address);
}

function subtract(ranges: string[], address: string): string[] {
	return ranges.flatMap((range) => {
		const [network = "", prefix = "32"] = range.split("/");
		return isWithin(address, network, Number(prefix)) ? without(network, Number(prefix), address) : [range];
	});
}

/** Deny beats allow in Deno, so that a single open port is written as all the others denied. */
function otherPorts({ address, ports }: AllowedAddress): string[] {
	if (ports === undefined) return [];
	const host = isIP(address) === 6 ? `[${address}]` : address;
	const out: string[] = [];
	for (let port = 1; port <= PORT_MAX; port++) if (!ports.has(port)) out.push(`${host}:${port}`);
	return out;
}

/** A single argument must stay below 128 KiB. */
const ENTRIES_PER_FLAG = 2_000;

/**
 * The flags that say what no function may reach.
 * @param allowNet the operator's exceptions, `ADDRESS` or `ADDRESS:PORT`
 * @param ownAddresses the addresses of this machine's interfaces, by which the platform itself could be reached
 * @throws AppError `ALLOW_NET_INVALID` (exit 2)
 */
export function denyFlags(allowNet: readonly string[], ownAddresses: readonly string[]): string[] {
	const allowed = parseEntries(allowNet);
	const isAllowed = (address: string) => allowed.some((entry) => entry.address === address);
	const own = ownAddresses.map((address) => address.replace(/%.*$/, ""));
	let ranges = DENIED_V4.map(([network, prefix]) => `${network}/${prefix}`);
	for (const address of own.filter((candidate) => isIP(candidate) === 4)) ranges.push(`${address}/32`);
	for (const { address } of allowed) if (isIP(address) === 4) ranges = subtract(ranges, address);
	const v6 = [...DENIED_V6, ...own.filter((address) => isIP(address) === 6)];
	const denied = [
		...new Set([...ranges, ...v6.filter((address) => !isAllowed(address)).map((address) => `[${address}]`)]),
		...allowed.flatMap(otherPorts),
	];
	if (!isAllowed("127.0.0.1")) denied.push("localhost");
	const flags: string[] = [];
	for (let start = 0; start < denied.length; start += ENTRIES_PER_FLAG) {
		flags.push(`--deny-net=${denied.slice(start, start + ENTRIES_PER_FLAG).join(",")}`);
	}
	return flags;
}

/**
 * The flag that says what a function may reach at the most. What `denyFlags` denies stays denied, also where a host
 * that is named here has such an address: Deno looks at what the name resolves to.
 * @param hosts `HOST` or `HOST:PORT`, none of them with a comma; undefined for every host
 * @param sockets the Unix sockets by which it serves: with a list, Deno asks for them too
 */
export function allowFlag(hosts: readonly string[] | undefined, sockets: readonly string[]): string {
	if (hosts === undefined) return "--allow-net";
	return `--allow-net=${[...hosts, ...sockets.map((path) => `unix:${path}`)].join(",")}`;
}
