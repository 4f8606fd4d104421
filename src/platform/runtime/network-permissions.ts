/**
 * Deno's network permissions for functions: the public internet plus the addresses that the operator allows.
 * Deno canonicalises every spelling of an address and also checks the addresses to which a host name resolves.
 */
import { BlockList, isIP } from "node:net";
import { type AllowedAddress, allowNetInvalid, PORT_MAX, parseAllowNet } from "../egress/allow-net.ts";

/**
 * IPv4 networks that are not the public internet: this host, private, shared, link-local (which includes cloud
 * metadata), test, multicast and reserved.
 */
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
/**
 * Deno accepts no IPv6 ranges, so these are single addresses: unspecified, loopback, and the metadata services
 * of clouds.
 */
const DENIED_V6 = ["::", "::1", "fd00:ec2::254", "fd20:ce::254"];

/** @throws AppError `ALLOW_NET_INVALID` (exit 2) */
function parseEntries(entries: readonly string[]): AllowedAddress[] {
	const allowed = parseAllowNet(entries);
	const precise = allowed.filter(({ ports }) => ports !== undefined);
	if (precise.length > 1) {
		throw allowNetInvalid(
			precise[1]?.address ?? "",
			"is a second address with ports; ports can be given for one address only",
		);
	}
	return allowed;
}

const toNumber = (address: string) => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
const toAddress = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");

/**
 * A range minus one address, as a list of smaller ranges. Each step halves the range and keeps the half without
 * the address.
 */
function rangesWithout(network: string, prefix: number, address: string): string[] {
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
		return isWithin(address, network, Number(prefix))
			? rangesWithout(network, Number(prefix), address)
			: [range];
	});
}

/** In Deno, deny has precedence over allow. So one allowed port is written as a denial of all other ports. */
function otherPorts({ address, ports }: AllowedAddress): string[] {
	if (ports === undefined) return [];
	const host = isIP(address) === 6 ? `[${address}]` : address;
	const out: string[] = [];
	for (let port = 1; port <= PORT_MAX; port++) if (!ports.has(port)) out.push(`${host}:${port}`);
	return out;
}

/** The most entries of one flag. A single argument must be shorter than 128 KiB. */
const ENTRIES_PER_FLAG = 2_000;

/**
 * The flags that deny addresses to all functions.
 * @param allowNet the operator's exceptions, `ADDRESS` or `ADDRESS:PORT`
 * @param ownAddresses the addresses of this machine's interfaces, at which the platform itself can be reached
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
 * The flag that allows hosts to one function. `denyFlags` has precedence, also if an allowed host name resolves
 * to a denied address: Deno checks the resolved address.
 * @param hosts `HOST` or `HOST:PORT`, without commas; undefined for every host
 * @param sockets the Unix sockets of the function; if Deno gets a list, it also checks them
 */
export function allowFlag(hosts: readonly string[] | undefined, sockets: readonly string[]): string {
	if (hosts === undefined) return "--allow-net";
	return `--allow-net=${[...hosts, ...sockets.map((path) => `unix:${path}`)].join(",")}`;
}
