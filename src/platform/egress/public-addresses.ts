/**
 * Decides which addresses belong to the public internet. Pure.
 *
 * The ranges are those of IANA's registries of special-purpose addresses (RFC 6890 and its updates) that are not
 * globally reachable, and multicast (RFC 5771, RFC 4291). For IPv6 only global unicast (2000::/3) is public, so that
 * ranges which are not listed here are excluded too.
 */
import { BlockList, isIP } from "node:net";

export const NON_PUBLIC_V4: readonly (readonly [network: string, prefix: number])[] = [
	["0.0.0.0", 8], // this host
	["10.0.0.0", 8], // private
	["100.64.0.0", 10], // shared by carriers, and metadata services of some clouds
	["127.0.0.0", 8], // loopback
	["169.254.0.0", 16], // link-local, and metadata services of most clouds
	["172.16.0.0", 12], // private
	["192.0.0.0", 24], // protocol assignments
	["192.0.2.0", 24], // documentation
	["192.88.99.0", 24], // 6to4 relays, deprecated
	["192.168.0.0", 16], // private
	["198.18.0.0", 15], // benchmarks; also the addresses of functions behind the proxy
	["198.51.100.0", 24], // documentation
	["203.0.113.0", 24], // documentation
	["224.0.0.0", 4], // multicast
	["240.0.0.0", 4], // reserved, and broadcast
];

export const NON_PUBLIC_V6: readonly (readonly [network: string, prefix: number])[] = [
	["2001::", 23], // protocol assignments, including Teredo
	["2001:db8::", 32], // documentation
	["2002::", 16], // 6to4, which embeds an IPv4 address
	["3fff::", 20], // documentation
];

const closed = new BlockList();
for (const [network, prefix] of NON_PUBLIC_V4) closed.addSubnet(network, prefix, "ipv4");
for (const [network, prefix] of NON_PUBLIC_V6) closed.addSubnet(network, prefix, "ipv6");
const globalUnicast = new BlockList();
globalUnicast.addSubnet("2000::", 3, "ipv6");
const mapped = new BlockList();
mapped.addSubnet("::ffff:0:0", 96, "ipv6");
const translated = new BlockList();
translated.addSubnet("64:ff9b::", 96, "ipv6");

/** The eight 16-bit groups of an IPv6 address. */
function groupsOf(address: string): number[] {
	const host = new URL(`http://[${address.replace(/%.*$/, "")}]/`).hostname.slice(1, -1);
	const [head = "", tail] = host.split("::");
	const parse = (text: string) =>
		text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
	const [left, right] = [parse(head), parse(tail ?? "")];
	return tail === undefined ? left : [...left, ...Array(8 - left.length - right.length).fill(0), ...right];
}

/**
 * The canonical form of an address, for comparisons: IPv6 in its shortest form and without a zone, and an IPv4-mapped
 * IPv6 address as IPv4.
 * @param address a literal IP address, without brackets
 */
export function canonicalAddress(address: string): string {
	if (isIP(address) !== 6) return address;
	const plain = address.replace(/%.*$/, "");
	if (mapped.check(plain, "ipv6")) return embeddedV4(plain);
	return new URL(`http://[${plain}]/`).hostname.slice(1, -1);
}

function embeddedV4(address: string): string {
	const [high = 0, low = 0] = groupsOf(address).slice(6);
	return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

/** Whether an address belongs to the public internet. @param address a literal IP address; anything else is not public */
export function isPublicAddress(address: string): boolean {
	const family = isIP(address);
	if (family === 0) return false;
	if (family === 4) return !closed.check(address, "ipv4");
	const plain = address.replace(/%.*$/, "");
	if (mapped.check(plain, "ipv6") || translated.check(plain, "ipv6"))
		return isPublicAddress(embeddedV4(plain));
	return globalUnicast.check(plain, "ipv6") && !closed.check(plain, "ipv6");
}
